"""One call of the command line: its arguments and the ways to read and to speak."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from portal.cli.diagnostics import Diagnostics
from portal.cli.output import Format, Output
from portal.config import Overrides, load, on_top_of
from portal.core.facets import TenantKey
from portal.core.names import ENVIRONMENTS, environment_of
from portal.errors import RefusedError, UsageError
from portal.settings import Settings


@dataclass(frozen=True, slots=True)
class Call:
    """Everything a command may use of the outside of the process."""

    args: argparse.Namespace
    environ: Mapping[str, str]
    home: Path
    out: Output
    talk: Diagnostics

    @property
    def wants_table(self) -> bool:
        return self.out.form is Format.TABLE

    def settings(self, *, change: str = "") -> Settings:
        """Settings by file or world, environment and flags.

        Raises UsageError with everything that is wrong, and RefusedError for a `change` in read-only mode.
        """
        settings = self._settings()
        if change and settings.read_only:
            hint = "Drop --read-only and PORTAL_READ_ONLY to change something"
            raise RefusedError("read-only mode", operation=change, hint=hint)
        return replace(settings, take_over=bool(getattr(self.args, "take_over", False)))

    def tenant_settings(self) -> Settings:
        """Settings for work on tenants, which always needs their repository."""
        return with_repository(self.settings())

    def _settings(self) -> Settings:
        overrides = self.overrides()
        if not self.args.world:
            return load(overrides, self.environ, self.home)
        if self.args.config or self.args.profile:
            raise UsageError("--world brings its own settings", hint="Leave --config and --profile out")
        from portal.bootstrap import world_settings  # noqa: PLC0415 - most calls look at no rehearsal

        return on_top_of(world_settings(self.args.world), overrides, self.environ)

    def overrides(self) -> Overrides:
        """What the flags that stand everywhere say; raises UsageError."""
        values: dict[str, str] = {}
        for pair in self.args.settings:
            key, equals, value = pair.partition("=")
            if not equals:
                raise UsageError(f"--set {pair}: expected KEY=VALUE, for example --set aws.region=ap-south-1")
            values[key] = value
        return Overrides(self.args.config, self.args.profile, self.args.read_only, values)


def with_repository(settings: Settings) -> Settings:
    """The same settings; raises UsageError where they name no tenants repository."""
    if not settings.repository.url:
        hint = "Set repository.url in the settings file, PORTAL_REPOSITORY_URL or --set; or use --world"
        raise UsageError("no tenants repository is configured", hint=hint)
    return settings


def tenant_key(text: str) -> TenantKey:
    """`identity-service/dev` as a key; raises UsageError otherwise."""
    service, slash, environment = text.partition("/")
    if not (service and slash and environment):
        raise UsageError(
            f"{text!r} is not a tenant; write SERVICE/ENVIRONMENT, for example identity-service/dev"
        )
    return TenantKey(service, environment_named(environment))


def environment_named(text: str) -> str:
    """The environment's one name (`production` is `prod`); raises UsageError for any other word."""
    canonical = environment_of(text)
    if canonical is None:
        raise UsageError(f"{text!r} is no environment; choose one of {', '.join(ENVIRONMENTS)}")
    return canonical

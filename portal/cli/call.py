"""One call of the command line: its arguments and the ways to read and to speak."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.cli.diagnostics import Diagnostics
from portal.cli.output import Format, Output
from portal.config import Overrides, load
from portal.core.facets import TenantKey
from portal.core.names import ENVIRONMENTS, environment_of
from portal.errors import UsageError
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

    def settings(self) -> Settings:
        """Settings by file, environment and flags; raises UsageError with everything that is wrong."""
        if self.args.world:
            from portal.bootstrap import world_settings  # noqa: PLC0415 - most calls look at no rehearsal

            return world_settings(self.args.world, read_only=self.args.read_only)
        values: dict[str, str] = {}
        for pair in self.args.settings:
            key, equals, value = pair.partition("=")
            if not equals:
                raise UsageError(f"--set {pair}: expected KEY=VALUE, for example --set aws.region=ap-south-1")
            values[key] = value
        overrides = Overrides(self.args.config, self.args.profile, self.args.read_only, values)
        return load(overrides, self.environ, self.home)


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

"""Merge defaults, one profile of a TOML file, the environment and flags into `Settings`."""

import dataclasses
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from portal.config.files import config_file, read_profile
from portal.config.values import Fields, convert
from portal.core.names import ENVIRONMENTS, environment_of
from portal.errors import UsageError
from portal.settings import (
    AwsSettings,
    EnvironmentSettings,
    KubeSettings,
    NeonSettings,
    PlatformSettings,
    RepositorySettings,
    Settings,
)

SECTIONS: Mapping[str, Any] = {
    "neon": NeonSettings,
    "aws": AwsSettings,
    "kube": KubeSettings,
    "repository": RepositorySettings,
    "platform": PlatformSettings,
}
ENVIRONMENT_PREFIX = "PORTAL_"
FILE_VARIABLE = "PORTAL_CONFIG"
READ_ONLY_VARIABLE = "PORTAL_READ_ONLY"
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Overrides:
    """What flags say; empty means not given. `values` maps `neon.url` to text."""

    config: Path | None = None
    profile: str = ""
    read_only: bool = False
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Merge:
    """Values so far by dotted key, their origins, and everything that was wrong."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def put(self, key: str, value: Any, origin: str) -> None:
        self.values[key] = value
        self.origins[key] = origin


def load(overrides: Overrides, environ: Mapping[str, str], home: Path) -> Settings:
    """Settings with the origin of every value that is not a default.

    Raises UsageError listing every unknown key and every value of the wrong type, with its origin.
    """
    named = overrides.config or _path_in(environ)
    path = named or config_file(environ, home)
    wanted = overrides.profile or environ.get("PORTAL_PROFILE", "")
    profile_name, document = read_profile(path, wanted, must_exist=named is not None)
    merge = _Merge()
    environments = _from_file(merge, document, f"{path} [{profile_name}]")
    _from_environment(merge, environ)
    state = (
        Path(environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "zerotouch-portal" / profile_name
    )
    base = Settings(profile=profile_name, environments=environments, state_dir=state)
    return _finished(merge, base, overrides, environ)


def on_top_of(base: Settings, overrides: Overrides, environ: Mapping[str, str]) -> Settings:
    """Settings that come from elsewhere, with the flags and the read-only switch applied to them.

    Raises UsageError as `load` does.
    """
    return _finished(_Merge(origins=dict(base.provenance)), base, overrides, environ)


def _finished(merge: _Merge, base: Settings, overrides: Overrides, environ: Mapping[str, str]) -> Settings:
    for key, text in overrides.values.items():
        _accept(merge, key, text, "flag --set")
    read_only = base.read_only or overrides.read_only or _read_only(merge, environ)
    sections = {name: _section(merge, name, getattr(base, name)) for name in SECTIONS}
    if merge.faults:
        raise UsageError("\n".join(merge.faults), hint="`portal doctor` shows the settings in force")
    return dataclasses.replace(base, read_only=read_only, provenance=dict(merge.origins), **sections)


def _path_in(environ: Mapping[str, str]) -> Path | None:
    """The settings file the environment names."""
    text = environ.get(FILE_VARIABLE, "")
    return Path(text).expanduser() if text else None


def _read_only(merge: _Merge, environ: Mapping[str, str]) -> bool:
    """A value nobody can read as yes or no is a fault: it must not mean that changes are allowed."""
    text = environ.get(READ_ONLY_VARIABLE, "")
    try:
        return bool(text) and bool(convert(text, bool))
    except ValueError as exc:
        merge.faults.append(f"environment {READ_ONLY_VARIABLE}: {exc}")
        return True


def _from_file(merge: _Merge, document: Mapping[str, Any], origin: str) -> dict[str, EnvironmentSettings]:
    environments: dict[str, EnvironmentSettings] = {}
    for section, body in document.items():
        if section == "environments" and isinstance(body, dict):
            environments = dict(_environments(merge, body, origin))
        elif section in SECTIONS and isinstance(body, dict):
            for key, value in body.items():
                _accept(merge, f"{section}.{key}", value, origin)
        else:
            merge.faults.append(
                f"{origin}: unknown section {section!r}{_near(section, [*SECTIONS, 'environments'])}"
            )
    return environments


def _environments(
    merge: _Merge, body: Mapping[str, Any], origin: str
) -> Iterator[tuple[str, EnvironmentSettings]]:
    fields = Fields.of(EnvironmentSettings)
    for name, value in body.items():
        given = value if isinstance(value, dict) else {}
        known = {key: text for key, text in given.items() if key in fields.names and key != "name"}
        for key in set(given) - set(known):
            merge.faults.append(f"{origin}: unknown key environments.{name}.{key}{_near(key, fields.names)}")
        if not isinstance(known.get("neon_project"), str):
            merge.faults.append(
                f"{origin}: environments.{name}.neon_project is needed: the id of its Neon project"
            )
            continue
        canonical = environment_of(name)
        if canonical is None:
            merge.faults.append(f"{origin}: {name} is no environment{_near(name, ENVIRONMENTS)}")
            continue
        merge.origins[f"environments.{canonical}"] = origin
        yield canonical, EnvironmentSettings(name=canonical, **known)


def _from_environment(merge: _Merge, environ: Mapping[str, str]) -> None:
    for section, cls in SECTIONS.items():
        for name in Fields.of(cls).names:
            variable = f"{ENVIRONMENT_PREFIX}{section}_{name}".upper()
            if variable in environ:
                _accept(merge, f"{section}.{name}", environ[variable], f"environment {variable}")


def _accept(merge: _Merge, key: str, value: Any, origin: str) -> None:
    section, _, name = key.partition(".")
    fields = Fields.of(SECTIONS[section]) if section in SECTIONS else None
    if fields is None or name not in fields.names:
        known = [f"{s}.{n}" for s, cls in SECTIONS.items() for n in Fields.of(cls).names]
        merge.faults.append(f"{origin}: unknown key {key}{_near(key, known)}")
        return
    try:
        merge.put(key, convert(value, fields.types[name]), origin)
    except ValueError as exc:
        merge.faults.append(f"{origin}: {key}: {exc}")


def _section(merge: _Merge, name: str, base: S) -> S:
    given = {
        key.partition(".")[2]: value for key, value in merge.values.items() if key.startswith(f"{name}.")
    }
    return dataclasses.replace(base, **given)  # type: ignore[type-var]


def _near(word: str, known: list[str] | tuple[str, ...]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known: {', '.join(sorted(known))}"

"""Merge defaults, one profile of a TOML file, the environment and flags into `Settings`."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.config.files import config_file, read_profile
from portal.config.merge import SECTIONS, Merge, near
from portal.config.values import Fields, convert
from portal.core.names import ENVIRONMENTS, environment_of
from portal.errors import UsageError
from portal.settings import EnvironmentSettings, RehearsalSettings, Settings

ENVIRONMENT_PREFIX = "PORTAL_"
FILE_VARIABLE = "PORTAL_CONFIG"
PROFILE_VARIABLE = "PORTAL_PROFILE"
READ_ONLY_VARIABLE = "PORTAL_READ_ONLY"
SET_FLAG = "flag --set"
_REHEARSAL = "rehearsal"


@dataclass(frozen=True, slots=True)
class Overrides:
    """What flags say; empty means not given. `values` maps `neon.url` to text."""

    config: Path | None = None
    profile: str = ""
    read_only: bool = False
    values: Mapping[str, str] = field(default_factory=dict)


def load(overrides: Overrides, environ: Mapping[str, str], home: Path) -> Settings:
    """Settings with the origin of every value that is not a default.

    Raises UsageError listing every unknown key and every value of the wrong type, with its origin.
    """
    named = overrides.config or _path_in(environ)
    path = named or config_file(environ, home)
    wanted = overrides.profile or environ.get(PROFILE_VARIABLE, "")
    profile_name, document = read_profile(path, wanted, must_exist=named is not None)
    merge = Merge()
    environments = _from_file(merge, document, f"{path} [{profile_name}]")
    merge.layer(_from_environment(environ, SECTIONS))
    state = (
        Path(environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "zerotouch-portal" / profile_name
    )
    base = Settings(profile=profile_name, environments=environments, state_dir=state)
    return _finished(merge, base, overrides, environ)


def on_top_of(base: Settings, overrides: Overrides, environ: Mapping[str, str]) -> Settings:
    """Settings that come from elsewhere, with the flags and the read-only switch applied to them.

    Raises UsageError as `load` does.
    """
    return _finished(Merge(origins=dict(base.provenance)), base, overrides, environ)


def load_rehearsal(
    overrides: Overrides, options: Mapping[str, Any], environ: Mapping[str, str], home: Path
) -> tuple[RehearsalSettings, Mapping[str, str]]:
    """What a rehearsal is asked for, and the origin of each value that is not a default.

    `options` are the command's own by the key they set (`images.postgres`); what is None or empty was not
    given. A settings file is read only where it, or a profile, was named: a rehearsal leaves the home alone.
    Raises UsageError as `load` does.
    """
    merge = Merge()
    named = overrides.config or _path_in(environ)
    wanted = overrides.profile or environ.get(PROFILE_VARIABLE, "")
    if named or wanted:
        path = named or config_file(environ, home)
        name, document = read_profile(path, wanted, must_exist=named is not None)
        _from_file(merge, document, f"{path} [{name}]")
    merge.layer(_from_environment(environ, [_REHEARSAL]))
    merge.layer(_set(overrides))
    merge.layer({f"{_REHEARSAL}.{key}": (value, _flag(key)) for key, value in options.items() if value})
    strange = sorted(key for key in overrides.values if key.partition(".")[0] != _REHEARSAL)
    merge.faults += [f"{SET_FLAG}: a rehearsal has settings of its own, not {key}" for key in strange]
    _refuse(merge)
    of_rehearsal = {key: o for key, o in merge.origins.items() if key.partition(".")[0] == _REHEARSAL}
    return merge.section(_REHEARSAL, RehearsalSettings()), of_rehearsal


def _finished(merge: Merge, base: Settings, overrides: Overrides, environ: Mapping[str, str]) -> Settings:
    merge.layer(_set(overrides))
    read_only = base.read_only or overrides.read_only or _read_only(merge, environ)
    sections = {name: merge.section(name, getattr(base, name)) for name in SECTIONS}
    merge.faults += [
        f"{merge.origins.get(f'policy.{key}', 'default')}: policy.{key}:{text}"
        for key, _, text in (fault.partition(":") for fault in sections["policy"].faults())
    ]
    _refuse(merge)
    return dataclasses.replace(base, read_only=read_only, provenance=dict(merge.origins), **sections)


def _path_in(environ: Mapping[str, str]) -> Path | None:
    """The settings file the environment names."""
    text = environ.get(FILE_VARIABLE, "")
    return Path(text).expanduser() if text else None


def _read_only(merge: Merge, environ: Mapping[str, str]) -> bool:
    """A value nobody can read as yes or no is a fault: it must not mean that changes are allowed."""
    text = environ.get(READ_ONLY_VARIABLE, "")
    try:
        return bool(text) and bool(convert(text, bool))
    except ValueError as exc:
        merge.faults.append(f"environment {READ_ONLY_VARIABLE}: {exc}")
        return True


def _from_file(merge: Merge, document: Mapping[str, Any], origin: str) -> dict[str, EnvironmentSettings]:
    environments: dict[str, EnvironmentSettings] = {}
    for section, body in document.items():
        if section == "environments" and isinstance(body, dict):
            environments = dict(_environments(merge, body, origin))
        elif section in SECTIONS and isinstance(body, dict):
            merge.layer({f"{section}.{key}": (value, origin) for key, value in body.items()})
        else:
            merge.faults.append(
                f"{origin}: unknown section {section!r}{near(section, [*SECTIONS, 'environments'])}"
            )
    return environments


def _environments(
    merge: Merge, body: Mapping[str, Any], origin: str
) -> Iterator[tuple[str, EnvironmentSettings]]:
    fields = Fields.of(EnvironmentSettings)
    for name, value in body.items():
        given = value if isinstance(value, dict) else {}
        known = {key: text for key, text in given.items() if key in fields.names and key != "name"}
        for key in set(given) - set(known):
            merge.faults.append(f"{origin}: unknown key environments.{name}.{key}{near(key, fields.names)}")
        for key, text in tuple(known.items()):
            try:
                known[key] = convert(text, fields.types[key])
            except ValueError as exc:
                merge.faults.append(f"{origin}: environments.{name}.{key}: {exc}")
                known[key] = ""
        if not isinstance(known.get("neon_project"), str):
            merge.faults.append(
                f"{origin}: environments.{name}.neon_project is needed: the id of its Neon project"
            )
            continue
        canonical = environment_of(name)
        if canonical is None:
            merge.faults.append(f"{origin}: {name} is no environment{near(name, ENVIRONMENTS)}")
            continue
        merge.origins[f"environments.{canonical}"] = origin
        yield canonical, EnvironmentSettings(name=canonical, **known)


def _from_environment(environ: Mapping[str, str], sections: Iterable[str]) -> dict[str, tuple[Any, str]]:
    """`PORTAL_<SECTION>_<KEY>` as a layer."""
    given: dict[str, tuple[Any, str]] = {}
    for section in sections:
        for name in Fields.of(SECTIONS[section]).names:
            variable = f"{ENVIRONMENT_PREFIX}{section}_{name}".upper()
            if variable in environ:
                given[f"{section}.{name}"] = (environ[variable], f"environment {variable}")
    return given


def _set(overrides: Overrides) -> dict[str, tuple[Any, str]]:
    return {key: (text, SET_FLAG) for key, text in overrides.values.items()}


def _flag(key: str) -> str:
    """The option that sets a key of the rehearsal section."""
    return "flag --image" if key.startswith("images.") else f"flag --{key}"


def _refuse(merge: Merge) -> None:
    if merge.faults:
        raise UsageError("\n".join(merge.faults), hint="`portal doctor` shows the settings in force")

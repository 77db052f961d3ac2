"""Find and read the profile file."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from portal.errors import UsageError

DEFAULT_PROFILE = "default"


def config_file(environ: Mapping[str, str], home: Path) -> Path:
    """`portal.toml` below the XDG configuration directory."""
    base = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return base / "zerotouch" / "portal.toml"


def read_profile(path: Path, wanted: str, *, must_exist: bool = False) -> tuple[str, Mapping[str, Any]]:
    """The profile's name and its tables; an absent file is an empty default profile.

    Raises UsageError for a file that is not TOML, has no such profile, or is absent though it must exist.
    """
    try:
        document = tomllib.loads(path.read_text())
    except FileNotFoundError:
        if must_exist:
            hint = "Name one that exists with --config or PORTAL_CONFIG"
            raise UsageError(f"there is no settings file {path}", hint=hint) from None
        if wanted and wanted != DEFAULT_PROFILE:
            raise UsageError(f"profile {wanted} is asked for, but {path} does not exist") from None
        return DEFAULT_PROFILE, {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise UsageError(f"{path} is not TOML: {exc}") from exc
    except OSError as exc:
        raise UsageError(f"{path} cannot be read: {exc.strerror}") from exc
    return _chosen(path, document, wanted)


def _chosen(path: Path, document: Mapping[str, Any], wanted: str) -> tuple[str, Mapping[str, Any]]:
    strange = sorted(document.keys() - {"profiles", "default_profile"})
    profiles = document.get("profiles", {})
    if strange or not isinstance(profiles, dict):
        what = ", ".join(strange) or "profiles"
        raise UsageError(f"{path}: {what} cannot stand there", hint="Settings stand below [profiles.NAME]")
    name = wanted or str(document.get("default_profile", DEFAULT_PROFILE))
    body = profiles.get(name)
    if not isinstance(body, dict):
        known = ", ".join(sorted(profiles)) or "none"
        raise UsageError(f"{path} has no profile {name!r}; it has: {known}")
    return name, body

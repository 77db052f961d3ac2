"""Find and read the profile file."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from portal.errors import UsageError

DEFAULT_PROFILE = "default"


def config_file(environ: Mapping[str, str], home: Path) -> Path:
    """`PORTAL_CONFIG`, else `portal.toml` below the XDG configuration directory."""
    if environ.get("PORTAL_CONFIG"):
        return Path(environ["PORTAL_CONFIG"]).expanduser()
    base = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return base / "zerotouch" / "portal.toml"


def read_profile(path: Path, wanted: str) -> tuple[str, Mapping[str, Any]]:
    """The profile's name and its tables; an absent file is an empty default profile.

    Raises UsageError for a file that is not TOML or has no such profile.
    """
    try:
        document = tomllib.loads(path.read_text())
    except FileNotFoundError:
        if wanted and wanted != DEFAULT_PROFILE:
            raise UsageError(f"profile {wanted} is asked for, but {path} does not exist") from None
        return DEFAULT_PROFILE, {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as exc:
        raise UsageError(f"{path} cannot be read: {exc}") from exc
    profiles = document.get("profiles", {})
    name = wanted or str(document.get("default_profile", DEFAULT_PROFILE))
    if name not in profiles:
        known = ", ".join(sorted(profiles)) or "none"
        raise UsageError(f"{path} has no profile {name!r}; it has: {known}")
    body = profiles[name]
    return name, body if isinstance(body, dict) else {}

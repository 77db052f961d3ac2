"""The environment git runs in: never one that points it at another repository, shows a prompt or a trace."""

import os
from collections.abc import Mapping
from pathlib import Path

_REDIRECTING = frozenset(
    {
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_NAMESPACE",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_CURL_VERBOSE",
        "GIT_EXTERNAL_DIFF",
        "GIT_REDIRECT_STDOUT",
        "GIT_REDIRECT_STDERR",
    }
)
_FOREIGN = ("GIT_TRACE", "NEON_", "PORTAL_", "ZEROTOUCH_")
_FALLBACK_PATH = "/usr/local/bin:/usr/bin:/bin"
_QUIET = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "SSH_ASKPASS_REQUIRE": "never",
}


def for_person(inherited: Mapping[str, str]) -> dict[str, str]:
    """What the person's own git sees, so that their credentials work; the portal's settings stay here."""
    kept = {
        name: value
        for name, value in inherited.items()
        if name not in _REDIRECTING and not name.startswith(_FOREIGN)
    }
    return {**kept, **_QUIET}


def for_rehearsal(inherited: Mapping[str, str], home: Path) -> dict[str, str]:
    """Nothing of the person: no configuration, no agent, no network protocol."""
    return {
        "PATH": inherited.get("PATH", _FALLBACK_PATH),
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": "file",
        **_QUIET,
    }


def for_kustomize(inherited: Mapping[str, str], home: Path) -> dict[str, str]:
    """Enough to render files: no cluster, no credentials."""
    return {
        "PATH": inherited.get("PATH", _FALLBACK_PATH),
        "HOME": str(home),
        "KUBECONFIG": os.devnull,
        "GIT_ALLOW_PROTOCOL": "none",
    }

"""Whether two values are the same, told without showing either: by digests under a key of one run.

A digest without a key could be looked up, and a length narrows a guess, so neither is ever told. Connection
strings are compared part by part.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from portal.core.secrets import Secret

_WHY = "compare by keyed digest"
_DSN = ("postgres", "postgresql", "redis", "rediss")


class Match(StrEnum):
    """What a comparison came to; UNKNOWN where one side could not be read."""

    SAME = "same"
    DIFFERS = "differs"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Compared:
    """One value of Parameter Store against one of the cluster; `detail` says which part differs or why
    nothing can be told.
    """

    key: str
    parameter: str
    version: int
    secret: str
    match: Match
    detail: str = ""


def match(left: Secret, right: Secret, run_key: bytes) -> tuple[Match, str]:
    """Same or differs, and for two connection strings which of their parts differ. `run_key` is 32 random
    bytes of this run.
    """
    if _same(left.reveal(_WHY), right.reveal(_WHY), run_key):
        return Match.SAME, ""
    ours, theirs = _parts(left), _parts(right)
    if ours is None or theirs is None:
        return Match.DIFFERS, ""
    differing = [name for name in ours if not _same(ours[name], theirs[name], run_key)]
    return Match.DIFFERS, _words(differing)


def registry_login(config: Secret) -> Mapping[str, Secret]:
    """`username` and `password` of the one registry in a `.dockerconfigjson`; empty for another text."""
    try:
        entries = list(json.loads(config.reveal(_WHY))["auths"].values())
        return (
            {name: Secret(entries[0][name]) for name in ("username", "password")} if len(entries) == 1 else {}
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _same(left: str, right: str, run_key: bytes) -> bool:
    ours, theirs = (hmac.new(run_key, text.encode(), hashlib.sha256).digest() for text in (left, right))
    return hmac.compare_digest(ours, theirs)


def _parts(value: Secret) -> Mapping[str, str] | None:
    """Parts of a connection string; None for any other text."""
    try:
        parts = urlsplit(value.reveal(_WHY))
        if parts.scheme not in _DSN:
            return None
        return {
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "host": parts.hostname or "",
            "port": str(parts.port or ""),
            "database": parts.path.strip("/"),
            "options": parts.query,
        }
    except ValueError:
        return None


def _words(differing: list[str]) -> str:
    if not differing:
        return "only in how it is written"
    return f"in its {' and '.join(differing)}, the rest is the same"

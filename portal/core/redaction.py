"""Text from outside made fit for a person: no secret values, no control characters, bounded length.

Recognises what a secret looks like; the values an adapter knows are masked exactly.
"""

import re
from collections.abc import Iterable
from typing import Final

from portal.core.secrets import MASK, Secret

LONGEST: Final = 400

_DSN: Final = r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/@:]*:(?![$<{])[^\s/@]+@"
_SHAPES: Final = (
    ("a private key", re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")),
    ("a connection string with a password", re.compile(_DSN)),
    ("an AWS access key id", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("a Neon API key", re.compile(r"\bnapi_[A-Za-z0-9]{16,}")),
    ("a Neon password", re.compile(r"\bnpg_[A-Za-z0-9]{8,}")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})")),
)
_MASKED: Final = (
    (re.compile(r"-----BEGIN ([A-Z0-9 ]*)-----.*?(?:-----END \1-----|\Z)", re.DOTALL), MASK),
    (re.compile(r"(?<=://)([^\s/@:]*):[^\s/@]+@"), rf"\1:{MASK}@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {MASK}"),
    (
        re.compile(r"(?i)\b(password|passwd|pwd|secret|token|api_key)(\"?\s*[=:]\s*\"?)[^\s,\"'}]+"),
        rf"\1\2{MASK}",
    ),
    *((shape, MASK) for name, shape in _SHAPES if name not in {"a private key", _SHAPES[1][0]}),
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


def redact(text: str, known: Iterable[Secret] = (), *, longest: int = LONGEST) -> str:
    """One printable line: known values and secret-looking parts masked, then cut to `longest`."""
    for secret in known:
        value = secret.reveal("mask it in a message")
        if value:
            text = text.replace(value, MASK)
    for shape, replacement in _MASKED:
        text = shape.sub(replacement, text)
    line = _CONTROL.sub(" ", text).strip()
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def looks_secret(text: str) -> str | None:
    """What secret a text seems to hold, e.g. "a private key"; None when it holds none."""
    return next((name for name, shape in _SHAPES if shape.search(text)), None)

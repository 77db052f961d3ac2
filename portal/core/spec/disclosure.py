"""Recognise values that are secrets by their form, so that none travels through a file that git keeps."""

import math
import re
from collections import Counter

_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a URL with a password", re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/@:]*:[^\s@]+@")),
    ("a private key", re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")),
    ("an AWS access key", re.compile(r"\b[AL][KS]IA[A-Z0-9]{12,}\b")),
    ("a Neon API key", re.compile(r"\b(?:napi|simneon)_[A-Za-z0-9]{12,}")),
    ("a Neon password", re.compile(r"\bnpg_[A-Za-z0-9]{8,}")),
    ("a GitHub token", re.compile(r"\b(?:gh[opsur]_|github_pat_)[A-Za-z0-9_]{16,}")),
    ("an API key", re.compile(r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}")),
    ("a Slack token", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}")),
    ("a JSON Web Token", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.")),
)
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}\b")
_RUN = re.compile(r"[A-Za-z0-9+/_=]{24,}")
_HEX = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_LONG_RUN = 32
_BITS_MIXED = 3.5
_BITS_LOWER = 3.8


def disclosed(text: str) -> str:
    """What sort of secret the text holds, "" when it holds none. An image digest is no secret."""
    for what, pattern in _FORMS:
        if pattern.search(text):
            return what
    rest = _DIGEST.sub("", text)
    return "a long random text" if any(_random(run) for run in _RUN.findall(rest)) else ""


def _random(run: str) -> bool:
    letters = [character for character in run if character.isalpha()]
    if not letters or not any(character.isdigit() for character in run):
        return False
    if _HEX.fullmatch(run):
        return True
    mixed = any(c.isupper() for c in letters) and any(c.islower() for c in letters)
    if mixed:
        return _bits(run) >= _BITS_MIXED
    return len(run) >= _LONG_RUN and "_" not in run and _bits(run) >= _BITS_LOWER


def _bits(text: str) -> float:
    """Shannon entropy per character."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)

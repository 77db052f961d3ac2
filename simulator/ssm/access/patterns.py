"""Wildcards of IAM: `*` is any text, `?` one character; in an ARN they stay within a part between colons."""

import re
from functools import lru_cache

_PARTS = 6
"""An ARN is six parts; the last one, the resource, may hold colons of its own."""


def glob(pattern: str, text: str) -> bool:
    """Whether the whole text fits."""
    return _compiled(pattern).fullmatch(text) is not None


def arn(pattern: str, text: str) -> bool:
    """Whether an ARN fits; the pattern `*` fits every resource."""
    if pattern == "*":
        return True
    wanted, found = pattern.split(":", _PARTS - 1), text.split(":", _PARTS - 1)
    return len(wanted) == len(found) and all(map(glob, wanted, found))


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    pieces = {"*": ".*", "?": "."}
    return re.compile("".join(pieces.get(char) or re.escape(char) for char in pattern), re.DOTALL)

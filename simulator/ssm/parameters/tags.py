"""Tags of parameters: what may be one, and how many there are.

Source: AWS General Reference, "Tagging your AWS resources".
"""

import unicodedata
from collections.abc import Mapping, Sequence

from simulator.ssm.parameters.refusals import Refusal, invalid

MOST = 50
_SIGNS = frozenset("_.:/=+-@")


def given(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The tags of a request; raises Refusal for what is none."""
    found: dict[str, str] = {}
    for tag in tags:
        key, value = tag["Key"], tag["Value"]
        if key in found:
            raise invalid(f"Duplicate tag key: {key}. Tag keys must be unique.")
        if key.lower().startswith("aws:"):
            raise invalid("aws: prefixed tag key names are not allowed for external use.")
        for part, text in (("key", key), ("value", value)):
            if not all(_allowed(char) for char in text):
                raise invalid(
                    f"1 validation error detected: Value '{text}' at 'tags.1.member.{part}' failed to "
                    "satisfy "
                    "constraint: Member must satisfy regular expression pattern: "
                    r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$"
                )
        found[key] = value
    return found


def together(standing: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """The tags a parameter has after some were added; raises Refusal when they are too many."""
    after = {**standing, **added}
    if len(after) > MOST:
        raise Refusal(
            "TooManyTagsError",
            "The Targets parameter includes too many tags. Remove one or more tags and try the command "
            "again.",
        )
    return after


def _allowed(char: str) -> bool:
    return char in _SIGNS or unicodedata.category(char)[0] in "LZN"

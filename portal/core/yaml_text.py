"""Plain values as block style YAML: the same value always gives the same text.

Texts that YAML could read as something else are written as JSON strings, which YAML reads as they are.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*(:[A-Za-z0-9_./-]+)*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def emit(value: Mapping[str, Any]) -> str:
    """A document that ends with a line feed."""
    return "\n".join(_mapping(value, 0)) + "\n"


def _mapping(value: Mapping[str, Any], indent: int) -> list[str]:
    lines: list[str] = []
    for key, item in value.items():
        head = f"{' ' * indent}{scalar(key)}:"
        lines += _entry(head, item, indent)
    return lines


def _entry(head: str, item: Any, indent: int) -> list[str]:
    if isinstance(item, Mapping):
        return [head, *_mapping(item, indent + 2)] if item else [f"{head} {{}}"]
    if isinstance(item, Sequence) and not isinstance(item, str):
        return [head, *_sequence(item, indent + 2)] if item else [f"{head} []"]
    return [f"{head} {scalar(item)}"]


def _sequence(value: Sequence[Any], indent: int) -> list[str]:
    lines: list[str] = []
    for item in value:
        dash = f"{' ' * indent}-"
        if isinstance(item, Mapping) and item:
            inner = _mapping(item, indent + 2)
            lines += [f"{dash} {inner[0].lstrip()}", *inner[1:]]
        else:
            lines += _entry(dash, item, indent)
    return lines


def scalar(value: Any) -> str:
    """One value in a line, quoted where YAML would read something else."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value)

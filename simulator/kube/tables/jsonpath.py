"""The part of kubectl's JSONPath that printer columns and scale paths use."""

import re
from typing import Any, Final

_STEP: Final = re.compile(
    r"\.\.(?P<deep>[\w-]+)"
    r"|\.(?P<name>(?:[\w-]|\\\.)+)"
    r"|\[(?P<quote>['\"])(?P<key>.*?)(?P=quote)\]"
    r"|\[(?P<index>-?\d+)\]"
    r"|\[(?P<star>\*)\]"
    r"|\.(?P<dotstar>\*)"
    r"|\[\?\(@\.(?P<field>[\w.-]+)\s*(?P<op>==|!=)\s*(?P<lit>'[^']*'|\"[^\"]*\"|[\w.-]+)\)\]"
)


def find(path: str, value: Any) -> list[Any]:
    """Every value a path leads to; a path that is not understood leads nowhere."""
    text = path.strip()
    if text.startswith("{") and text.endswith("}"):
        text = text[1:-1]
    text = text.removeprefix("$")
    if text and text[0] not in ".[":
        text = f".{text}"
    found, at = [value], 0
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            return []
        found = [below for one in found for below in _below(step, one)]
        at = step.end()
    return found


def _below(step: "re.Match[str]", value: Any) -> list[Any]:
    name = step["name"].replace("\\.", ".") if step["name"] else step["key"]
    if name is not None:
        return [value[name]] if isinstance(value, dict) and name in value else []
    if step["index"] is not None:
        at = int(step["index"])
        return [value[at]] if isinstance(value, list) and -len(value) <= at < len(value) else []
    if step["star"] or step["dotstar"]:
        return _members(value)
    if step["deep"]:
        return _deep(step["deep"], value)
    return [one for one in _members(value) if _selected(step, one)]


def _members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _deep(name: str, value: Any) -> list[Any]:
    found = [value[name]] if isinstance(value, dict) and name in value else []
    return found + [deeper for one in _members(value) for deeper in _deep(name, one)]


def _selected(step: "re.Match[str]", value: Any) -> bool:
    for key in step["field"].split("."):
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    equal = str(value) == step["lit"].strip("'\"")
    return equal if step["op"] == "==" else not equal

"""What `ignoreDifferences` leaves out: JSON pointers, jq paths, the fields of other managers."""

import copy
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from simulator.controllers.kinds import Object

_STEP = re.compile(
    r"""\.(?P<name>[A-Za-z_]\w*)|\.?\[\s*"(?P<quoted>[^"]+)"\s*\]|\."(?P<dotted>[^"]+)"|\[(?P<index>\d*)\]"""
)
_SELECT = re.compile(r"""select\(\s*(?P<path>\.[^=!]+?)\s*==\s*"(?P<value>[^"]*)"\s*\)""")


class UnservedExpression(Exception):
    """A jq expression that is more than a path with selections by equality."""

    def __init__(self, expression: str) -> None:
        super().__init__(
            f'jqPathExpressions: {expression!r} is not served here, only paths and select(.x == "y")'
        )


def without(target: Object, live: Object, rules: Iterable[Object]) -> tuple[Object, Object]:
    """Copies of both without what the rules leave out; raises UnservedExpression."""
    target, live = copy.deepcopy(target), copy.deepcopy(live)
    for rule in rules:
        for pointer in rule.get("jsonPointers") or ():
            drop(target, pointer)
            drop(live, pointer)
        for expression in rule.get("jqPathExpressions") or ():
            for obj in (target, live):
                _drop_all(obj, _parsed(expression))
        managers = rule.get("managedFieldsManagers") or ()
        for entry in live["metadata"].get("managedFields") or ():
            if entry.get("manager") in managers:
                _drop_owned(target, entry.get("fieldsV1") or {})
                _drop_owned(live, entry.get("fieldsV1") or {})
    return target, live


def respected(target: Object, live: Object, rules: Iterable[Object]) -> Object:
    """The target to apply where the rules hold for the sync as well: what they name stays as it is."""
    pointers = [pointer for rule in rules for pointer in rule.get("jsonPointers") or ()]
    if not pointers:
        return target
    target = copy.deepcopy(target)
    for pointer in pointers:
        *parents, last = _parts(pointer)
        to: Any = target
        source: Any = live
        for part in parents:
            to, source = _child(to, part), _child(source, part)
        value = _child(source, last)
        if isinstance(to, dict) and value is not None:
            to[last] = copy.deepcopy(value)
        else:
            _remove(to, last)
    return target


def drop(obj: Any, pointer: str) -> None:
    """Remove what a JSON pointer names, if it is there."""
    *parents, last = _parts(pointer)
    for part in parents:
        obj = _child(obj, part)
    _remove(obj, last)


def _parts(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.lstrip("/").split("/")]


def _child(obj: Any, part: str | int) -> Any:
    if isinstance(obj, dict):
        return obj.get(part)
    if isinstance(obj, list) and str(part).isdigit() and int(part) < len(obj):
        return obj[int(part)]
    return None


def _remove(obj: Any, last: str | int) -> None:
    if isinstance(obj, dict):
        obj.pop(last, None)
    elif isinstance(obj, list) and str(last).isdigit() and int(last) < len(obj):
        del obj[int(last)]


_EACH = object()
"""The step `[]`."""


def _parsed(expression: str) -> list[Any]:
    """The steps of a path: names, indexes, _EACH, and (path, value) of a selection."""
    steps: list[Any] = []
    for stage in expression.split("|"):
        text = stage.strip()
        if chosen := _SELECT.fullmatch(text):
            steps.append((_parsed(chosen["path"]), chosen["value"]))
            continue
        at = 0
        while at < len(text):
            found = _STEP.match(text, at)
            if found is None:
                raise UnservedExpression(expression)
            at = found.end()
            index = found["index"]
            named = found["name"] or found["quoted"] or found["dotted"]
            steps.append(named or (int(index) if index else _EACH))
    return steps


def _drop_all(obj: Any, steps: Sequence[Any]) -> None:
    if not steps:
        return
    step, rest = steps[0], steps[1:]
    if isinstance(step, tuple):
        if _value(obj, step[0]) == step[1]:
            _drop_all(obj, rest)
    elif step is _EACH:
        if not rest and isinstance(obj, list):
            obj.clear()
        for item in list(obj.values()) if isinstance(obj, dict) else obj if isinstance(obj, list) else ():
            _drop_all(item, rest)
    elif rest:
        _drop_all(_child(obj, step), rest)
    else:
        _remove(obj, step)


def _value(obj: Any, steps: Iterable[Any]) -> Any:
    for step in steps:
        obj = _child(obj, step)
    return obj


def _drop_owned(obj: Any, owned: Object) -> None:
    """Remove the leaves a fieldsV1 tree names."""
    for name, below in owned.items():
        prefix, _, rest = name.partition(":")
        if prefix == "f" and isinstance(obj, dict):
            if below:
                _drop_owned(obj.get(rest), below)
            else:
                obj.pop(rest, None)
        elif prefix == "k":
            for item in _items(obj, json.loads(rest)):
                _drop_owned(item, {k: v for k, v in below.items() if k != "."})
        elif prefix == "v" and isinstance(obj, list) and json.loads(rest) in obj:
            obj.remove(json.loads(rest))


def _items(obj: Any, keys: Object) -> Iterator[Any]:
    for item in obj if isinstance(obj, list) else ():
        if isinstance(item, dict) and all(item.get(name) == value for name, value in keys.items()):
            yield item

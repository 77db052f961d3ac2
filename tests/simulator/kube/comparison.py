"""Comparing an answer with a recorded one: placeholders, sets, subsets and shapes."""

import re
from collections.abc import Iterator
from typing import Any

_MANAGERS = frozenset({"conformance", "me", "m1", "m2", "editor", "envs"})
_SETS = frozenset({"verbs", "shortNames", "categories"})
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
_PLACEHOLDERS = {
    "<uid>": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "<time>": _TIME,
    "<rv>": r"\d+",
    "<suffix>": r"[a-z0-9]{5}|[0-9a-f]{16}",
    "<hash>": r"[a-z0-9]{5,10}",
    "<token>": r"[A-Za-z0-9_.=-]+",
    "<age>": r"(\d+[smhdy])+",
    "<pem>": r"(-----BEGIN CERTIFICATE-----[\s\S]*)",
    "<address>": r"[\w.-]+:\d+",
    "<checks>": r"[\s\S]*",
    "<progress>": r"[\s\S]*",
    "<any>": r"[\s\S]*",
}
_ANY = "<any>"
_SPLIT = re.compile("|".join(map(re.escape, _PLACEHOLDERS)))


def canonical(value: Any) -> Any:
    """What both sides look like before they are compared."""
    if isinstance(value, list):
        return [canonical(item) for item in value]
    if not isinstance(value, dict):
        return value
    out = {key: canonical(item) for key, item in value.items()}
    out.pop("storageVersionHash", None)
    if isinstance(out.get("managedFields"), list):
        kept = [_entry(item) for item in out.pop("managedFields") if item.get("manager") in _MANAGERS]
        if kept:
            out["managedFields"] = sorted(kept, key=repr)
    for key in _SETS & out.keys():
        out[key] = sorted(out[key] or ())
    if isinstance(out.get("conditions"), list):
        out["conditions"] = sorted(out["conditions"], key=lambda one: str(one.get("type")))
    for column in out.get("columnDefinitions") or ():
        column.pop("description", None)
    annotations = out.get("annotations")
    if (
        isinstance(annotations, dict)
        and annotations.pop("kubernetes.io/description", None)
        and not annotations
    ):
        del out["annotations"]
    return out


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in sorted(entry.items()) if key != "time"}


def without(value: Any, pointer: str) -> Any:
    """`value` without what a JSON pointer leads to."""
    *parents, last = pointer.strip("/").split("/")
    node = value
    for key in parents:
        node = node.get(key) if isinstance(node, dict) else None
    if isinstance(node, dict):
        node.pop(last, None)
    return value


class Comparison:
    """The differences between a recorded body and an answered one."""

    def __init__(self, rules: dict[str, Any]) -> None:
        self._mode = rules.get("compare", "exact")
        self._ignored = rules.get("ignore", ())
        self._unordered = frozenset(rules.get("unordered", ()))

    def differences(self, recorded: Any, answered: Any) -> list[str]:
        recorded, answered = canonical(recorded), canonical(answered)
        for pointer in self._ignored:
            recorded, answered = without(recorded, pointer), without(answered, pointer)
        return list(self._compare(recorded, answered, ""))

    def _compare(self, recorded: Any, answered: Any, path: str) -> Iterator[str]:
        if recorded == _ANY:
            return
        if isinstance(recorded, dict) and isinstance(answered, dict):
            yield from self._objects(recorded, answered, path)
        elif isinstance(recorded, list) and isinstance(answered, list):
            yield from self._lists(recorded, answered, path)
        elif self._mode == "shape" and type(recorded) is type(answered):
            return
        elif isinstance(recorded, str) and isinstance(answered, str):
            if not matches(recorded, answered):
                yield f"{path}: {answered!r} is not {recorded!r}"
        elif recorded != answered or type(recorded) is not type(answered):
            yield f"{path}: {answered!r} is not {recorded!r}"

    def _objects(self, recorded: dict[str, Any], answered: dict[str, Any], path: str) -> Iterator[str]:
        for key, value in recorded.items():
            if key not in answered:
                yield f"{path}/{key}: missing, recorded {value!r}"
            else:
                yield from self._compare(value, answered[key], f"{path}/{key}")
        if self._mode == "exact":
            for key in answered.keys() - recorded.keys():
                yield f"{path}/{key}: unexpected {answered[key]!r}"

    def _lists(self, recorded: list[Any], answered: list[Any], path: str) -> Iterator[str]:
        if self._mode == "subset" or path in self._unordered:
            yield from self._matched(recorded, answered, path)
        else:
            for at, (one, other) in enumerate(zip(recorded, answered, strict=False)):
                yield from self._compare(one, other, f"{path}/{at}")
        if len(recorded) != len(answered) and self._mode == "exact":
            yield f"{path}: {len(answered)} items, recorded {len(recorded)}"

    def _matched(self, recorded: list[Any], answered: list[Any], path: str) -> Iterator[str]:
        left = list(answered)
        for at, one in enumerate(recorded):
            found = next((other for other in left if not list(self._compare(one, other, ""))), None)
            if found is None:
                nearest = min((list(self._compare(one, other, "")) for other in left), key=len, default=[])
                yield f"{path}/{at}: no match; nearest: {nearest[:3]}"
            elif self._mode == "exact":
                left.remove(found)


def matches(recorded: str, answered: str) -> bool:
    """Whether a string is what a recorded one with placeholders stands for."""
    pattern, at = "", 0
    for found in _SPLIT.finditer(recorded):
        pattern += re.escape(recorded[at : found.start()]) + f"({_PLACEHOLDERS[found[0]]})"
        at = found.end()
    return re.fullmatch(pattern + re.escape(recorded[at:]), answered) is not None

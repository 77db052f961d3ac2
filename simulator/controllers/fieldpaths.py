"""Field paths such as `spec.containers[0].args[1]` and `metadata.labels[crossplane.io/claim-name]`."""

import re
from functools import lru_cache
from typing import Any

from simulator.controllers.kinds import Object

_SEGMENT = re.compile(
    r"""(?P<field>[^.\[\]]+)|\[(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<bare>[^\]]+))\]|\."""
)
LONGEST_LIST = 1024
_NOTHING = object()


class NoSuchField(Exception):
    """The path leads nowhere; the text is Crossplane's."""


class BadPath(Exception):
    """The path cannot be parsed or does not fit the object."""


@lru_cache(maxsize=4096)
def parse(path: str) -> tuple[str | int, ...]:
    """The steps of a path: names and list indexes. Raises BadPath."""
    steps: list[str | int] = []
    at = 0
    while at < len(path):
        found = _SEGMENT.match(path, at)
        if found is None:
            raise BadPath(f"cannot parse path {path!r}: unexpected {path[at]!r} at position {at}")
        at = found.end()
        bare = found["bare"]
        if bare is not None and bare.isdecimal():
            steps.append(int(bare))
        else:
            name = next(
                (found[g] for g in ("field", "single", "double", "bare") if found[g] is not None), None
            )
            if name is not None:
                steps.append(name)
    return tuple(steps)


def get(obj: Object, path: str) -> Any:
    """The value at a path; raises NoSuchField."""
    value: Any = obj
    walked = ""
    for step in parse(path):
        walked = f"{walked}[{step}]" if isinstance(step, int) else f"{walked}.{step}".lstrip(".")
        value = _child(value, step, _NOTHING)
        if value is _NOTHING:
            raise NoSuchField(f"{walked}: no such field")
    return value


def put(obj: Object, path: str, value: Any) -> None:
    """Set the value at a path, making the objects and list items on the way. Raises BadPath."""
    steps = parse(path)
    if not steps:
        raise BadPath("the path is empty")
    at: Any = obj
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if following is None:
            _assign(at, step, value, path)
            return
        inner = _child(at, step)
        if not isinstance(inner, dict | list):
            inner = [] if isinstance(following, int) else {}
            _assign(at, step, inner, path)
        at = inner


def _child(at: Any, step: str | int, otherwise: Any = None) -> Any:
    if isinstance(at, list) and isinstance(step, int):
        return at[step] if step < len(at) else otherwise
    return at.get(step, otherwise) if isinstance(at, dict) else otherwise


def _assign(at: Any, step: str | int, value: Any, path: str) -> None:
    if isinstance(at, dict) and isinstance(step, str):
        at[step] = value
    elif isinstance(at, list) and isinstance(step, int) and step < LONGEST_LIST:
        at.extend([None] * (step + 1 - len(at)))
        at[step] = value
    else:
        raise BadPath(f"{path}: {step!r} does not fit a {'list' if isinstance(at, list) else 'mapping'}")

"""Quantities as the real server keeps them: `0.5` is `500m`, `1024Mi` is `1Gi`, `2000m` is `2`."""

import re
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

_FORM: Final = re.compile(
    r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))(?P<suffix>[eE][+-]?\d+|[KMGTPE]i|[numkMGTPE]?)"
)
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: Final = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_KIBI: Final = 1024
_LONGEST: Final = 40
MALFORMED: Final = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)


def canonical(value: Any) -> str | None:
    """The one way to write a quantity; None for what is none."""
    text = value if isinstance(value, str) else str(value)
    form = _FORM.fullmatch(text)
    if isinstance(value, bool) or form is None or len(text) > _LONGEST:
        return None
    number, suffix = Decimal(form["number"]), form["suffix"]
    if suffix in _BINARY:
        exact = number * _KIBI ** _BINARY[suffix]
        if 0 < exact < 1:
            return _decimal(exact)
        return _binary(int(exact.to_integral_value(ROUND_CEILING)))
    if suffix[:1] in {"e", "E"} and suffix != "E":
        exponent = int(suffix[1:])
        return text if abs(exponent) > _LONGEST else _exponential(number.scaleb(exponent))
    return _decimal(number.scaleb(_DECIMAL[suffix]))


def compared(one: Any, other: Any) -> int:
    """Whether one quantity is less than another (-1), the same (0), or more (1)."""
    difference = _exact(one) - _exact(other)
    return (difference > 0) - (difference < 0)


def _exact(value: Any) -> Decimal:
    """A quantity as a number; what is none counts as nothing."""
    form = _FORM.fullmatch(str(value))
    if form is None:
        return Decimal(0)
    number, suffix = Decimal(form["number"]), form["suffix"]
    if suffix in _BINARY:
        return number * Decimal(_KIBI ** _BINARY[suffix])
    if suffix[:1] in {"e", "E"} and suffix != "E":
        return number.scaleb(int(suffix[1:]))
    return number.scaleb(_DECIMAL[suffix])


def _binary(whole: int) -> str:
    """The largest unit that leaves a whole number; small ones have no unit."""
    if abs(whole) < _KIBI:
        return str(whole)
    unit = ""
    for name in _BINARY:
        if whole % _KIBI:
            break
        whole, unit = whole // _KIBI, name
    return f"{whole}{unit}"


def _decimal(exact: Decimal) -> str:
    """The largest unit of thousands that leaves a whole number; less than a nano counts as one."""
    nanos = int(exact.scaleb(9).to_integral_value(ROUND_CEILING))
    return _shortened(nanos, list(_DECIMAL))


def _exponential(exact: Decimal) -> str:
    nanos = int(exact.scaleb(9).to_integral_value(ROUND_CEILING))
    names = ["e-9", "e-6", "e-3", "", "e3", "e6", "e9", "e12", "e15", "e18"]
    return _shortened(nanos, names)


def _shortened(nanos: int, units: list[str]) -> str:
    if not nanos:
        return "0"
    at = 0
    while at < len(units) - 1 and nanos % 1000 == 0:
        nanos //= 1000
        at += 1
    return f"{nanos}{units[at]}"

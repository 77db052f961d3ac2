"""What Kubernetes adds to the expression language: texts, lists, quantities and addresses."""

import ipaddress
from collections.abc import Callable
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit

from simulator.kube.schema.quantities import canonical, compared


def _find(text: str, pattern: str) -> str:
    return next(iter(_find_all(text, pattern, 1)), "")


def _find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    """In the grammar the language has, by which no pattern keeps the server busy."""
    import re2  # noqa: PLC0415 - few rules search

    found = (one[0] for one in re2.finditer(pattern, text))
    return list(found if limit < 0 else islice(found, limit))


def _index(value: str | list[Any], wanted: Any, start: int = 0) -> int:
    if isinstance(value, str):
        return value.find(wanted, start)
    return value.index(wanted) if wanted in value else -1


def _last_index(value: str | list[Any], wanted: Any) -> int:
    if isinstance(value, str):
        return value.rfind(wanted)
    return len(value) - 1 - value[::-1].index(wanted) if wanted in value else -1


def _quantity(text: str) -> str:
    found = canonical(text)
    if found is None:
        raise ValueError(f"quantities must match the regular expression: {text}")
    return found


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme) or text.startswith("/")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "charAt": lambda text, at: text[at : at + 1],
    "compareTo": compared,
    "find": _find,
    "findAll": _find_all,
    "indexOf": _index,
    "isCIDR": _is_network,
    "isGreaterThan": lambda one, other: compared(one, other) > 0,
    "isIP": _is_address,
    "isLessThan": lambda one, other: compared(one, other) < 0,
    "isQuantity": lambda text: canonical(text) is not None,
    "isSorted": lambda items: items == sorted(items),
    "isURL": _is_url,
    "join": lambda items, between="": between.join(items),
    "lastIndexOf": _last_index,
    "lowerAscii": str.lower,
    "max": lambda items, *more: max([items, *more] if more else items),
    "min": lambda items, *more: min([items, *more] if more else items),
    "quantity": _quantity,
    "replace": lambda text, old, new, limit=-1: text.replace(old, new, limit),
    "split": lambda text, between, limit=0: text.split(between, limit - 1 if limit > 0 else -1),
    "substring": lambda text, start, end=None: text[start:end],
    "sum": sum,
    "trim": str.strip,
    "upperAscii": str.upper,
}

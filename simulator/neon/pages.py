"""The two ways lists are cut into pages, both fed back as `?cursor=`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from simulator.neon.refusals import Invalid

_Item = TypeVar("_Item")
_LONGEST_NUMBER = 18


def limit(query: Mapping[str, str], default: int, most: int) -> int:
    """The page size asked for; raises Invalid outside 1 to `most`."""
    return number(query, "limit", default, (1, most))


def number(query: Mapping[str, str], name: str, default: int, bounds: tuple[int, int]) -> int:
    """A whole number of the query, the bounds allowed; raises Invalid."""
    text = query.get(name, str(default))
    digits = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    if not digits or not bounds[0] <= int(text) <= bounds[1]:
        raise Invalid(f"{name} must be {bounds[0]} to {bounds[1]}")
    return int(text)


def page(
    items: Sequence[_Item], key: Callable[[_Item], str], cursor: str | None, size: int
) -> tuple[Sequence[_Item], str | None]:
    """The items after `cursor`, and the cursor of the last one; None when the page is empty."""
    begin = 0
    if cursor:
        begin = next((i + 1 for i, item in enumerate(items) if key(item) == cursor), -1)
        if begin < 0:
            raise Invalid("cursor is not valid")
    part = items[begin : begin + size]
    return part, key(part[-1]) if part else None


def following(last: str | None, given: str | None) -> dict[str, object]:
    """`pagination` where it is a cursor: none on an empty first page, the last one again at the end."""
    cursor = last or given
    return {"pagination": {"cursor": cursor}} if cursor else {}


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted."""

    by: str
    descending: bool

    def shape(self) -> dict[str, object]:
        return {"sort_by": self.by, "sort_order": "desc" if self.descending else "asc"}


def order(query: Mapping[str, str], fields: Sequence[str], default: str) -> Order:
    """The order asked for, the largest first unless told otherwise; raises Invalid."""
    by, direction = query.get("sort_by", default), query.get("sort_order", "desc")
    if by not in fields or direction not in {"asc", "desc"}:
        raise Invalid(f"sort_by must be one of {', '.join(fields)}; sort_order asc or desc")
    return Order(by, direction == "desc")

"""The two ways lists are cut into pages, both fed back as `?cursor=`."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from simulator.neon.refusals import Invalid

_Item = TypeVar("_Item")


def limit(query: Mapping[str, str], default: int, most: int) -> int:
    """The page size asked for; raises Invalid outside 1 to `most`."""
    text = query.get("limit", str(default))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise Invalid(f"limit must be 1 to {most}")
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

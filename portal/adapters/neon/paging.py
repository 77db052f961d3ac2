"""Both of Neon's pagination styles: `pagination.cursor` and, for branches, `pagination.next`.

A cursor may come with the last page too, so a listing ends on an empty page or on a cursor seen before.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from portal.adapters.neon.decode import Document, ShapeError, every, nested, optional

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Items, the cursor of what follows, and the ids of what a slow backend kept out of the listing."""

    items: tuple[T, ...]
    cursor: str = ""
    unavailable: tuple[str, ...] = ()


def page(field: str, cursor: str, decode: Callable[[Document], T]) -> Callable[[Document], Page[T]]:
    """A reader of one page whose items stand in `field` and whose cursor stands in `pagination.<cursor>`."""

    def read(document: Document) -> Page[T]:
        pagination = nested(document, "pagination") if document.get("pagination") is not None else {}
        unavailable = optional(document, "unavailable_project_ids", list, [])
        if not all(isinstance(one, str) for one in unavailable):
            raise ShapeError("field 'unavailable_project_ids' of the answer holds something that is not text")
        return Page(every(document, field, decode), optional(pagination, cursor, str, ""), tuple(unavailable))

    return read


async def every_page(fetch: Callable[[str], Awaitable[Page[T]]]) -> Page[T]:
    """All pages as one; `fetch` gets the cursor, empty for the first page."""
    items: list[T] = []
    unavailable: list[str] = []
    cursor = ""
    seen = {cursor}
    while True:
        found = await fetch(cursor)
        items += found.items
        unavailable += found.unavailable
        cursor = found.cursor
        if cursor in seen or not (found.items or found.unavailable):
            return Page(tuple(items), "", tuple(unavailable))
        seen.add(cursor)

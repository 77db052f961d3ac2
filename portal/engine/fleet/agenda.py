"""Whose verdict is to be made again: what an event concerns before anything else, the rest in slices."""

import asyncio
from collections.abc import Iterable
from itertools import islice

from portal.core.facets import TenantKey

# Judging this many in one go keeps the loop free for keys and events; who can wait comes in smaller slices,
# so that a change hardly waits for one.
AT_ONCE, _SLICE = 100, 25


class Agenda:
    """`news` is set while anything is to be done, `pressing` while it is due with the next view."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.pressing = asyncio.Event()
        self._soon: set[TenantKey] = set()
        self._later: dict[TenantKey, None] = {}
        self._everybody = False

    @property
    def waiting(self) -> bool:
        """Whether slices are left."""
        return bool(self._later)

    @property
    def hurried(self) -> bool:
        """Whether the next view is due for somebody, and not for what is said of a source."""
        return bool(self._soon) or self._everybody

    def press(self) -> None:
        """A view is due, whomever it concerns."""
        self.pressing.set()
        self.news.set()

    def soon(self, tenants: Iterable[TenantKey]) -> bool:
        """These with the next view; whether anybody waits for it."""
        self._soon.update(tenants)
        if self._soon:
            self.press()
        return bool(self._soon)

    def everybody(self) -> None:
        """All that are known by then, with the next view."""
        self._everybody = True
        self.press()

    def later(self, tenants: Iterable[TenantKey]) -> None:
        """These when there is time, those who wait longest first."""
        self._later.update(dict.fromkeys(tenants))
        if self._later:
            self.news.set()

    def keep(self, tenants: Iterable[TenantKey]) -> None:
        """These with whatever presses next."""
        self._soon.update(tenants)

    def take(self, known: frozenset[TenantKey]) -> set[TenantKey]:
        """Those with the next view, and a slice of the others; nobody who is not known any more."""
        if self._everybody:
            taken, self._later = set(known), {}
        else:
            taken = (self._soon | set(islice(self._later, _SLICE))) & known
            self._later = {
                tenant: None for tenant in islice(self._later, _SLICE, None) if tenant not in taken
            }
        self._soon, self._everybody = set(), False
        self.pressing.clear()
        if not self._later:
            self.news.clear()
        return taken

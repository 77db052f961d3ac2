"""What is held of one kind of Kubernetes objects, and how much it may be trusted."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar, cast

from portal.core.cluster import KubeObject
from portal.core.facets import Absent, Denied, Facet, NeverLoaded, Present, Source, Unknown
from portal.core.redaction import redact
from portal.engine.fleet.kinds import Item, Kind
from portal.errors import AccessDenied, NotLoggedIn, PortalError

T = TypeVar("T")
U = TypeVar("U")

# One kind that fails alone is trusted this long; the cluster as a whole is judged apart.
_TRUST_SECONDS = 30.0


class Audience(Protocol):
    """Who hears of changes."""

    def object_changed(self, site: str, table: str, item: Item) -> None:
        """An object differs from what was held, or is gone."""

    def trust_changed(self, site: str, table: str) -> None:
        """A table became readable, or stopped being so."""


def is_denial(error: PortalError | None) -> bool:
    """A right that is missing; a credential that ended is none: what it showed is still there."""
    return isinstance(error, AccessDenied) and not isinstance(error, NotLoggedIn)


class Table:
    """Slim objects by namespace and name. `confirmed_at` is when they were last known to be current."""

    def __init__(self, kind: Kind, audience: Audience | None = None, site: str = "") -> None:
        self.kind = kind
        self.site = site
        self.confirmed_at: float | None = None
        self.failed_at: float | None = None
        self.error: PortalError | None = None
        self.installed = True
        self.changes = 0
        self._audience = audience
        self._items: dict[str, dict[str, Item]] = {}

    def __len__(self) -> int:
        return sum(len(held) for held in self._items.values())

    @property
    def told(self) -> bool:
        """Whether the cluster has answered for this kind, well or badly."""
        return self.confirmed_at is not None or self.error is not None

    def replace(self, items: Iterable[Item], now: float) -> None:
        """The whole content anew; what is no longer there is told as a change too."""
        before = self._items
        self.changes += 1
        after: dict[str, dict[str, Item]] = {}
        for item in items:
            after.setdefault(item.meta.namespace, {})[item.meta.name] = item
        self._items = after
        self.confirm(now)
        if self._audience is not None:
            self._tell_differences(before, after)

    def merge(self, items: Iterable[Item], now: float) -> None:
        """A part of the content, of one namespace or selection, beside what is held."""
        self.changes += 1
        for item in items:
            self._items.setdefault(item.meta.namespace, {})[item.meta.name] = item
        self.confirm(now)

    def upsert(self, raw: KubeObject, now: float) -> None:
        """One object as it stands now."""
        self.confirm(now)
        if not self.kind.keep(raw):
            return
        item = self.kind.slim(raw)
        held = self._items.setdefault(item.meta.namespace, {})
        if held.get(item.meta.name) != item:
            held[item.meta.name] = item
            self._tell(item)

    def delete(self, raw: KubeObject, now: float) -> None:
        """One object is gone."""
        self.confirm(now)
        item = self.kind.slim(raw)
        held = self._items.get(item.meta.namespace, {})
        if held.pop(item.meta.name, None) is not None:
            self._tell(item)

    def confirm(self, now: float) -> None:
        """The content is current."""
        self._trust(confirmed_at=now, error=None, installed=True, now=now)

    def fail(self, error: PortalError, now: float) -> None:
        """The kind cannot be read at present; rights taken away take the rows with them."""
        denied = is_denial(error)
        if denied:
            self._items = {}
        confirmed_at = None if denied else self.confirmed_at
        self._trust(confirmed_at=confirmed_at, error=error, installed=self.installed, now=now)

    def excuse(self, now: float) -> None:
        """The whole cluster is away: the kind's own failure says nothing, its trust starts anew."""
        if self.failed_at is not None:
            self.failed_at = now

    def missing(self, now: float) -> None:
        """The cluster does not serve the kind."""
        self._items = {}
        self._trust(confirmed_at=now, error=None, installed=False, now=now)

    def forget(self) -> None:
        """What was held is of another cluster."""
        self._items = {}
        self.changes += 1
        self.confirmed_at = self.failed_at = self.error = None
        self.installed = True

    def _trust(
        self, *, confirmed_at: float | None, error: PortalError | None, installed: bool, now: float
    ) -> None:
        before = (self.confirmed_at is None, type(self.error), self.installed)
        self.failed_at = None if error is None else self.failed_at or now
        self.confirmed_at, self.error, self.installed = confirmed_at, error, installed
        if self._audience is not None and before != (confirmed_at is None, type(error), installed):
            self._audience.trust_changed(self.site, self.kind.table)

    def facet(self, namespace: str | None = None, *, now: float) -> Facet[tuple[Any, ...]]:
        """All objects, or those of one namespace."""
        return self._seen(now, lambda: tuple(self.items(namespace)))

    def facet_of(self, pick: Callable[[], T | None], *, now: float) -> Facet[T]:
        """One object, picked without walking through all; absent where nothing is picked."""
        facet = self._seen(now, pick)
        if isinstance(facet, Present) and facet.value is None:
            return Absent(facet.source, facet.seen_at)
        return cast("Facet[T]", facet)

    def _seen(self, now: float, read: Callable[[], U]) -> Facet[U]:
        blind = self._blind(now)
        if blind is not None:
            return blind
        seen = self.confirmed_at or 0.0
        if not self.installed:
            return Absent(Source.KUBERNETES, seen, self.kind.missing)
        return Present(read(), Source.KUBERNETES, seen)

    def word(self, now: float) -> str:
        """What is wrong with the table in one word, "" when it is readable or was not read yet."""
        match self._blind(now):
            case Denied():
                return "denied"
            case Unknown():
                return "unreadable"
            case _:
                return "" if self.installed else "not installed"

    def items(self, namespace: str | None = None) -> Iterable[Any]:
        """The objects held, whatever their worth."""
        if namespace is not None:
            return self._items.get(namespace, {}).values()
        return (item for held in self._items.values() for item in held.values())

    def get(self, namespace: str, name: str) -> Any | None:
        """One object held, None where there is none."""
        return self._items.get(namespace, {}).get(name)

    def _blind(self, now: float) -> Denied | NeverLoaded | Unknown | None:
        if self.error is None:
            return None if self.confirmed_at is not None else NeverLoaded(Source.KUBERNETES)
        if is_denial(self.error):
            refused = f"{self.kind.kind} may not be read: {redact(self.error.cause)}"
            return Denied(Source.KUBERNETES, refused, self.failed_at)
        if self.confirmed_at is None:
            return Unknown(Source.KUBERNETES, redact(self.error.cause), self.failed_at)
        if now - (self.failed_at or now) > _TRUST_SECONDS:
            reason = f"{self.kind.kind} cannot be read: {redact(self.error.cause)}"
            return Unknown(Source.KUBERNETES, reason, self.confirmed_at)
        return None

    def _tell(self, item: Item) -> None:
        self.changes += 1
        if self._audience is not None:
            self._audience.object_changed(self.site, self.kind.table, item)

    def _tell_differences(
        self, before: Mapping[str, Mapping[str, Item]], after: Mapping[str, Mapping[str, Item]]
    ) -> None:
        for namespace, new in after.items():
            old = before.get(namespace, {})
            for name, item in new.items():
                if old.get(name) != item:
                    self._tell(item)
        for namespace, old in before.items():
            new = after.get(namespace, {})
            for name, item in old.items():
                if name not in new:
                    self._tell(item)

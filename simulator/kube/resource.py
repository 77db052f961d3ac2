"""What is served under one path: a kind in one version, and all that is known before any object exists."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from simulator.kube.event_view import from_core
from simulator.kube.schema.nodes import Schema
from simulator.kube.status import Object
from simulator.kube.validation.expressions import Rules

STANDARD_VERBS: Final = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class Column:
    """One printer column of a custom resource."""

    name: str
    type: str
    path: str
    format: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """One kind in one served version. `storage` names the collection that all its versions share.

    A resource that is the view of another one is written through that one, with its fields renamed.
    `schema_of` compiles the schema when it is first asked for: most kinds are never used.
    """

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    schema_of: Callable[[], Schema]
    list_kind: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = STANDARD_VERBS
    subresources: tuple[str, ...] = ()
    storage: tuple[str, str] = ("", "")
    custom: bool = False
    has_status: bool = False
    counts_generation: bool = False
    returns_deleted: bool = False
    virtual: bool = False
    created_by_update: bool = False
    updated_unconditionally: bool = False
    preferred: bool = True
    scale: dict[str, str] | None = None
    columns: tuple[Column, ...] = ()
    selectable: tuple[str, ...] = ()
    validator: Any = None
    rules: Callable[[], Rules | None] = lambda: None
    raw_schema: dict[str, Any] = field(default_factory=dict)
    view_of: "Resource | None" = None

    @property
    def schema(self) -> Schema:
        return self.schema_of()

    @property
    def group_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def prefix(self) -> bytes:
        """What stands before the stored fields when an object is sent."""
        return f'{{"kind":"{self.kind}","apiVersion":"{self.group_version}",'.encode()

    @property
    def items_kind(self) -> str:
        return self.list_kind or f"{self.kind}List"

    def render(self, body: bytes) -> bytes:
        """A stored object as this version shows it."""
        return self.prefix + self.item(body)[1:]

    def item(self, body: bytes) -> bytes:
        """The same without its kind, as it stands in the list of a built-in kind."""
        return body if self.view_of is None else orjson.dumps(from_core(orjson.loads(body)))

    def shown(self, value: Object) -> Object:
        return value if self.view_of is None else from_core(value)

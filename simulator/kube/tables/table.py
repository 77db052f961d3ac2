"""Tables: what kubectl get shows."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from simulator.kube.resource import Column, Resource
from simulator.kube.status import Object
from simulator.kube.tables import columns
from simulator.kube.tables.ages import since
from simulator.kube.tables.cells import plain
from simulator.kube.tables.jsonpath import find

Cells = Callable[[Object, datetime], list[Any]]


class Layout(NamedTuple):
    """The columns of a kind and how its objects fill them."""

    columns: list[Object]
    cells: Cells


def layout(resource: Resource) -> Layout:
    """The columns for a resource: its own, those of its CRD, or name and age."""
    if resource.custom:
        return Layout([_name(), *(_custom(one) for one in resource.columns)], _printer(resource.columns))
    spec, fill = columns.BUILTIN.get(resource.storage, columns.GENERIC)
    return Layout([_parse(one) for one in spec], fill)


def _name() -> Object:
    return {"name": "Name", "type": "string", "format": "name", "priority": 0}


def _custom(column: Column) -> Object:
    return {"name": column.name, "type": column.type, "format": column.format, "priority": column.priority}


def _parse(text: str) -> Object:
    """`Name`, `Desired:integer`, `Containers+1`: name, type unless string, priority unless 0."""
    text, _, priority = text.partition("+")
    name, _, kind = text.partition(":")
    shape = "name" if name == "Name" else ""
    return {"name": name, "type": kind or "string", "format": shape, "priority": int(priority or 0)}


def _printer(columns: Iterable[Column]) -> Cells:
    wanted = tuple(columns)

    def fill(value: Object, now: datetime) -> list[Any]:
        return [value["metadata"]["name"], *(_cell(column, value, now) for column in wanted)]

    return fill


def _cell(column: Column, value: Object, now: datetime) -> Any:
    found = find(column.path, value)
    if not found or found[0] is None:
        return None
    first = found[0]
    if column.type == "date":
        return since(first, now)
    if column.type in {"integer", "number"}:
        return first if isinstance(first, int | float) and not isinstance(first, bool) else None
    if column.type == "boolean":
        return first if isinstance(first, bool) else None
    return first if isinstance(first, str) else plain(first)


_META: Final = "meta.k8s.io"


def partial(value: Object, version: str = "v1") -> Object:
    """An object's metadata alone, in a version of the group of metadata."""
    kind = {"kind": "PartialObjectMetadata", "apiVersion": f"{_META}/{version}"}
    return {**kind, "metadata": value["metadata"]}


def row(
    resource: Resource, value: Object, fill: Cells, now: datetime, include: str, *, version: str = "v1"
) -> Object:
    """One row; `include` is None, Metadata or Object."""
    found: Object = {"cells": fill(value, now)}
    if include == "Object":
        found["object"] = {"kind": resource.kind, "apiVersion": resource.group_version, **value}
    elif include != "None":
        found["object"] = partial(value, version)
    return found


def table(columns: list[Object] | None, rows: list[Object], metadata: Object, version: str = "v1") -> Object:
    """A Table object; columns are null after the first event of a watch."""
    return {
        "kind": "Table",
        "apiVersion": f"{_META}/{version}",
        "metadata": metadata,
        "columnDefinitions": columns,
        "rows": rows,
    }

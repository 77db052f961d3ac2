"""Merging an applied configuration into a live object, and taking fields out of one."""

from typing import Any, Final

from simulator.kube.merging.fieldset import FieldSet, Path, associative, item_key, item_keys
from simulator.kube.schema.nodes import ANY, Schema

GONE: Final = object()


def merge(schema: Schema, live: Any, config: Any) -> Any:
    """`config` over `live`: maps by key, associative lists by item, everything else replaced."""
    if isinstance(live, dict) and isinstance(config, dict) and not schema.atomic:
        merged = dict(live)
        for key, value in config.items():
            merged[key] = merge(schema.child(key) or ANY, live[key], value) if key in live else value
        return merged
    if isinstance(live, list) and isinstance(config, list) and associative(schema):
        return _lists(schema, live, config)
    return config


def _lists(schema: Schema, live: list[Any], config: list[Any]) -> list[Any]:
    """Items of both stand in the order of `config`; those only in `live` keep their place among them."""
    below = schema.items or ANY
    current, wanted = item_keys(schema, live), item_keys(schema, config)
    shared = iter([key for key in wanted if key in current])
    merged: dict[str, Any] = {}
    pending = list(wanted)

    def take(until: str) -> None:
        while pending:
            key = pending.pop(0)
            merged[key] = merge(below, current[key], wanted[key]) if key in current else wanted[key]
            if key == until:
                return

    for key, item in current.items():
        if key in wanted:
            take(next(shared))
        else:
            merged[key] = item
    take("")
    return list(merged.values())


def remove(schema: Schema, value: Any, fields: FieldSet) -> Any:
    """`value` without the given fields; unchanged parts are shared with it."""
    if not fields:
        return value
    heads: dict[str, FieldSet] = {}
    for path in fields:
        heads.setdefault(path[0], set()).add(path[1:])
    return _remove(schema, value, heads)


def _remove(schema: Schema, value: Any, heads: dict[str, FieldSet]) -> Any:
    if isinstance(value, dict):
        kept = {
            key: _child(schema.child(key) or ANY, item, heads.get(f"f:{key}")) for key, item in value.items()
        }
        return {key: item for key, item in kept.items() if item is not GONE}
    if isinstance(value, list) and associative(schema):
        below = schema.items or ANY
        items = [_child(below, item, heads.get(item_key(schema, item))) for item in value]
        return [item for item in items if item is not GONE]
    return value


def _child(schema: Schema, item: Any, rests: "set[Path] | None") -> Any:
    if rests is None:
        return item
    return GONE if () in rests else remove(schema, item, rests)

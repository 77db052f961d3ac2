"""Status conditions: a list keyed by type, whose transition time moves only when the status does."""

from collections.abc import Iterable, Sequence

from simulator.controllers.kinds import Object


def condition(kind: str, status: bool | str, reason: str, message: str = "") -> Object:
    """A condition without its time, which `merged` decides."""
    fresh: Object = {"type": kind, "status": str(status)}
    told = {"reason": reason, "message": message}
    return fresh | {key: text for key, text in told.items() if text}


def merged(existing: Sequence[Object] | None, fresh: Iterable[Object], now: str) -> list[Object]:
    """`existing` with each of `fresh` put in place of its type; others are kept."""
    result = {c["type"]: c for c in existing or ()}
    for item in fresh:
        old = result.get(item["type"])
        since = old.get("lastTransitionTime") if old and old["status"] == item["status"] else None
        result[item["type"]] = {**item, "lastTransitionTime": since or now}
    return list(result.values())


def find(obj: Object, kind: str) -> Object | None:
    """The condition of that type in `obj`'s status."""
    for item in (obj.get("status") or {}).get("conditions") or ():
        if item["type"] == kind:
            return dict(item)
    return None


def is_true(obj: Object, kind: str) -> bool:
    found = find(obj, kind)
    return found is not None and found.get("status") == "True"

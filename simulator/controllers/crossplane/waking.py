"""When a controller looks at an object again: for what others write, not for what it writes itself."""

from simulator.controllers.informer import Change, Key
from simulator.controllers.kinds import Object
from simulator.controllers.workqueue import WorkQueue

GATHER_SECONDS = 0.2
"""What a level below says in quick succession is looked at once."""
_CONCERN = ("uid", "generation", "deletionTimestamp", "labels", "annotations", "finalizers")


def wake(queue: WorkQueue[Key], change: Change) -> None:
    """Have the changed object looked at, unless its own controller wrote its status."""
    if _concern(change.old) != _concern(change.new):
        queue.add(change.key)


def _concern(obj: Object | None) -> Object | None:
    return None if obj is None else {name: obj["metadata"].get(name) for name in _CONCERN}

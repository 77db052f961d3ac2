"""What the controllers ask of pods: whose they are, how well they are, how one is made from a template."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import datetime

from simulator.controllers import times
from simulator.controllers.conditions import find, is_true
from simulator.controllers.kinds import Object, labels_of, name_of, namespace_of, uid_of
from simulator.controllers.reconciling import owner_reference


def from_template(template: Object, owner: Object, labels: Mapping[str, str] | None = None) -> Object:
    """A pod as the template says, owned by `owner`, with a generated name."""
    metadata = template.get("metadata") or {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": f"{name_of(owner)}-",
            "namespace": namespace_of(owner),
            "labels": {**(metadata.get("labels") or {}), **(labels or {})},
            "annotations": metadata.get("annotations") or {},
            "ownerReferences": [owner_reference(owner)],
        },
        "spec": deepcopy(template["spec"]),
    }


def owned(objects: Iterable[Object], owner: Object) -> list[Object]:
    """Those whose controlling owner is `owner`, by uid."""
    return [obj for obj in objects if controller_uid(obj) == uid_of(owner)]


def controller_of(obj: Object) -> Object | None:
    for reference in obj["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            return dict(reference)
    return None


def controller_uid(obj: Object) -> str:
    reference = controller_of(obj)
    return str(reference["uid"]) if reference else ""


def deleting(obj: Object) -> bool:
    return bool(obj["metadata"].get("deletionTimestamp"))


def reports(obj: Object, status: Object) -> bool:
    """Whether an object's status says this already; a server leaves out a count of nothing, and no items."""
    told = obj.get("status") or {}
    return all(told.get(key, value if value in (0, []) else None) == value for key, value in status.items())


def phase(pod: Object) -> str:
    return str((pod.get("status") or {}).get("phase", "Pending"))


def finished(pod: Object) -> bool:
    return phase(pod) in {"Succeeded", "Failed"}


def active(pods: Iterable[Object]) -> list[Object]:
    return [pod for pod in pods if not deleting(pod) and not finished(pod)]


def ready(pod: Object) -> bool:
    return is_true(pod, "Ready") and not finished(pod)


def available(pod: Object, min_ready_seconds: int, now: datetime) -> bool:
    """Ready, and for long enough."""
    if not ready(pod):
        return False
    since = times.moment((find(pod, "Ready") or {}).get("lastTransitionTime"))
    return min_ready_seconds == 0 or (
        since is not None and (now - since).total_seconds() >= min_ready_seconds
    )


def matches(selector: Mapping[str, str], obj: Object) -> bool:
    """Whether a Service's plain selector picks `obj`; an empty one picks nothing."""
    return bool(selector) and selector.items() <= labels_of(obj).items()


def first_to_go(pod: Object) -> tuple[bool, int, bool, float]:
    """Sort key: unscheduled, then pending, then unready, then the youngest pod goes first."""
    created = times.moment(pod["metadata"].get("creationTimestamp"))
    order = {"Pending": 0, "Unknown": 1}.get(phase(pod), 2)
    return bool(pod["spec"].get("nodeName")), order, ready(pod), -(created.timestamp() if created else 0.0)

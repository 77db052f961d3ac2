"""Events as events.k8s.io names their fields; they are stored as the core group names them."""

from typing import Final

from simulator.kube.status import Object

# events.k8s.io name: core name
_FIELDS: Final = {
    "note": "message",
    "regarding": "involvedObject",
    "reportingController": "reportingComponent",
    "deprecatedCount": "count",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedSource": "source",
}
_BACK: Final = {core: name for name, core in _FIELDS.items()}


def to_core(value: Object) -> Object:
    return {_FIELDS.get(key, key): item for key, item in value.items()}


def from_core(value: Object) -> Object:
    return {_BACK.get(key, key): item for key, item in value.items()}

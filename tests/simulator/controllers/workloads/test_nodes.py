"""When a node is given up, and how long its pods may stay."""

from datetime import UTC, datetime

from simulator.controllers.kinds import Object
from simulator.controllers.workloads.nodes import (
    NOT_READY,
    TOLERATION_SECONDS,
    UNREACHABLE,
    evicted_after,
    heard,
    taints,
)

SINCE = "2026-01-31T12:00:00Z"


def node(ready: str = "True", *own: Object) -> Object:
    beat = {"type": "Ready", "status": ready, "lastHeartbeatTime": SINCE}
    return {"metadata": {"name": "n"}, "spec": {"taints": list(own)}, "status": {"conditions": [beat]}}


def test_a_node_is_heard_of_by_its_status_and_by_its_lease() -> None:
    lease = {"spec": {"renewTime": "2026-01-31T12:00:07.000000Z"}}
    assert heard(node(), None) == datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
    assert heard(node(), lease) == datetime(2026, 1, 31, 12, 0, 7, tzinfo=UTC)
    assert heard({"metadata": {}, "spec": {}}, None) is None


def test_a_silent_node_is_tainted_and_one_that_came_back_is_not() -> None:
    other = {"key": "gpu", "effect": "NoSchedule"}
    tainted = taints(node("Unknown", other), SINCE)
    assert [(each["key"], each["effect"]) for each in tainted] == [
        ("gpu", "NoSchedule"),
        (UNREACHABLE, "NoSchedule"),
        (UNREACHABLE, "NoExecute"),
    ]
    assert taints(node("Unknown", *tainted), "later") == tainted
    assert taints(node("True", *tainted), SINCE) == [other]
    assert {each["key"] for each in taints(node("False", *tainted), SINCE)} == {"gpu", NOT_READY}


def test_a_pod_stays_for_as_long_as_it_tolerates() -> None:
    taint = {"key": UNREACHABLE, "effect": "NoExecute"}
    tolerating: Object = {"key": UNREACHABLE, "operator": "Exists", "effect": "NoExecute"}
    assert evicted_after({"spec": {}}, taint) == TOLERATION_SECONDS
    assert evicted_after({"spec": {"tolerations": [{**tolerating, "tolerationSeconds": 30}]}}, taint) == 30
    assert evicted_after({"spec": {"tolerations": [tolerating]}}, taint) is None

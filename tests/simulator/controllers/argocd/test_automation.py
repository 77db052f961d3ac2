"""When an Application syncs by itself, how long it waits between tries, and what its status patches say."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.clock import rfc3339
from simulator.controllers.argocd import status
from simulator.controllers.argocd.automation import Later, Refused, Start, next_sync
from simulator.controllers.argocd.durations import kitchen, retries_left, retry_delay, seconds
from simulator.controllers.argocd.identity import Ref
from simulator.controllers.argocd.state import State
from simulator.controllers.kinds import Object

NOW = datetime(2026, 1, 31, 15, 4, tzinfo=UTC)
SOURCE = {"repoURL": "r", "path": "p"}
CHANGED = Ref("", "ConfigMap", "n", "changed")


def app(automated: Any = None, last: Object | None = None, **policy: Any) -> Object:
    policy = policy if automated is None else {"automated": automated, **policy}
    return {
        "spec": {"source": SOURCE, "syncPolicy": policy},
        "status": {"operationState": last} if last else {},
    }


def attempt(phase: str, *, ago: float = 0, revision: str = "c1", heals: int = 0) -> Object:
    return {
        "phase": phase,
        "message": "it broke",
        "finishedAt": rfc3339(NOW - timedelta(seconds=ago)),
        "operation": {"sync": {"autoHealAttemptsCount": heals}},
        "syncResult": {"revision": revision, "source": SOURCE},
    }


def state(sync: str = "OutOfSync", *, all_pruned: bool = False, **entry: Any) -> State:
    resources = [{"kind": "ConfigMap", "name": "changed", "status": sync, **entry}]
    return State(sync, "Healthy", resources, [CHANGED], all_pruned=all_pruned, images=[])


def decision(found: Object, judged: State | None = None) -> Any:
    return next_sync(found, judged or state(), "c1", NOW, 5.0)


@pytest.mark.parametrize(
    ("found", "judged"),
    [
        pytest.param(app(), state(), id="not automated"),
        pytest.param(app({"enabled": False}), state(), id="switched off"),
        pytest.param(app({}), state("Synced"), id="in sync"),
        pytest.param(app({}), state("Unknown"), id="unknown"),
        pytest.param(app({}), state(requiresPruning=True), id="only to prune, not allowed"),
        pytest.param(app({}, attempt("Succeeded")), state(), id="changed by hand, no self-heal"),
        pytest.param(
            app({"selfHeal": True}, attempt("Succeeded", ago=60)), state("Synced"), id="nothing to heal"
        ),
    ],
)
def test_nothing_is_done(found: Object, judged: State) -> None:
    assert decision(found, judged) is None


def test_a_new_commit_is_synced_with_the_policy_of_the_application() -> None:
    retry = {"limit": 2}
    found = app(
        {"prune": True}, attempt("Failed", revision="c0"), syncOptions=["PruneLast=true"], retry=retry
    )
    assert decision(found) == Start(
        {
            "initiatedBy": {"automated": True},
            "retry": retry,
            "sync": {"revision": "c1", "prune": True, "syncOptions": ["PruneLast=true"]},
        }
    )


def test_retries_default_to_five() -> None:
    found = decision(app({}))
    assert isinstance(found, Start)
    assert found.operation["retry"] == {"limit": 5}


def test_a_commit_that_failed_is_not_tried_again_and_says_why() -> None:
    assert decision(app({"selfHeal": True}, attempt("Failed"))) == Refused(
        "Failed last sync attempt to [c1]: it broke"
    )


def test_wiping_everything_out_needs_leave() -> None:
    empty = state(all_pruned=True, requiresPruning=True)
    assert isinstance(decision(app({"prune": True}), empty), Refused)
    assert isinstance(decision(app({"prune": True, "allowEmpty": True}), empty), Start)


@pytest.mark.parametrize(("heals", "ago", "wait"), [(0, 1, 4.0), (1, 1, 9.0), (2, 19, 1.0), (20, 0, 300.0)])
def test_healing_waits_longer_each_time(heals: int, ago: float, wait: float) -> None:
    assert decision(app({"selfHeal": True}, attempt("Succeeded", ago=ago, heals=heals))) == Later(wait)


def test_healing_touches_only_what_differs_and_counts_its_attempts() -> None:
    found = decision(app({"selfHeal": True}, attempt("Succeeded", ago=10, heals=1)))
    assert isinstance(found, Start)
    assert found.operation["sync"] == {
        "revision": "c1",
        "resources": [{"kind": "ConfigMap", "namespace": "n", "name": "changed"}],
        "autoHealAttemptsCount": 2,
    }


@pytest.mark.parametrize(
    ("text", "expected"), [("5s", 5), ("3m", 180), ("1h30m", 5400), ("250ms", 0.25), ("90", 90)]
)
def test_durations_are_read_as_go_writes_them(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "5x", "-5s", "5s!"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid duration"):
        seconds(text)


def test_retries_back_off_to_a_limit() -> None:
    assert [retry_delay({}, attempts) for attempts in (0, 1, 2, 10)] == [5, 10, 20, 180]
    retry = {"backoff": {"duration": "1s", "factor": 3, "maxDuration": "5s"}}
    assert [retry_delay(retry, attempts) for attempts in (0, 1, 2)] == [1, 3, 5]
    assert [retries_left({"limit": 2}, attempts) for attempts in (1, 2)] == [True, False]
    assert retries_left({"limit": -1}, 1000)
    assert not retries_left({}, 0)


@pytest.mark.parametrize(("hour", "text"), [(0, "12:04AM"), (9, "9:04AM"), (12, "12:04PM"), (15, "3:04PM")])
def test_times_of_retries_are_told_as_a_clock_on_the_wall(hour: int, text: str) -> None:
    assert kitchen(NOW.replace(hour=hour)) == text


def test_a_condition_keeps_the_time_it_was_first_seen() -> None:
    first = status.conditions([], [("SyncError", "a")], NOW)
    later = status.conditions(first, [("SyncError", "a"), ("ComparisonError", "b")], NOW + timedelta(hours=1))
    assert [each["lastTransitionTime"] for each in later] == ["2026-01-31T15:04:00Z", "2026-01-31T16:04:00Z"]


VALUES = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text("abc", max_size=2), VALUES, max_size=4)


def merged(old: Any, patch: Any) -> Any:
    """RFC 7396, as the API server does it."""
    if not isinstance(patch, dict):
        return patch
    base = dict(old) if isinstance(old, dict) else {}
    for name, value in patch.items():
        if value is None:
            base.pop(name, None)
        else:
            base[name] = merged(base.get(name), value)
    return base


@given(OBJECTS, OBJECTS)
def test_a_status_patch_turns_the_old_into_the_new_and_is_empty_between_equals(
    old: Object, new: Object
) -> None:
    assert merged(old, status.changes(old, new)) == new
    assert status.changes(new, new) == {}

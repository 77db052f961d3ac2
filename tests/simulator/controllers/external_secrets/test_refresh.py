"""When an ExternalSecret is fetched again."""

from datetime import UTC, datetime, timedelta

import pytest

from simulator.clock import rfc3339
from simulator.controllers.external_secrets import refresh
from simulator.controllers.kinds import Object

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def synced(minutes_ago: float = 1, **spec: object) -> Object:
    obj: Object = {"metadata": {"name": "db", "generation": 1}, "spec": {"refreshInterval": "1h", **spec}}
    obj["status"] = {
        "syncedResourceVersion": refresh.synced_version(obj),
        "refreshTime": rfc3339(NOW - timedelta(minutes=minutes_ago)),
    }
    return obj


def written(data: dict[str, str]) -> Object:
    marks = {refresh.DATA_HASH: refresh.data_hash(data)}
    return {"metadata": {"labels": {refresh.MANAGED: "true"}, "annotations": marks}, "data": data}


SECRET = written({"A": "MQ=="})


def annotated(obj: Object) -> Object:
    obj["metadata"]["annotations"] = {"force-sync": "1"}
    return obj


@pytest.mark.parametrize(
    ("obj", "secret", "expected"),
    [
        pytest.param(synced(), SECRET, False, id="nothing changed"),
        pytest.param({**synced(), "status": {}}, SECRET, True, id="never fetched"),
        pytest.param(synced(60), SECRET, True, id="the interval has passed"),
        pytest.param(synced(-5), SECRET, True, id="fetched in the future"),
        pytest.param(annotated(synced()), SECRET, True, id="an annotation changed"),
        pytest.param(synced(), None, True, id="the Secret is gone"),
        pytest.param(synced(), {**SECRET, "data": {"A": "Mg=="}}, True, id="the Secret was edited"),
        pytest.param(annotated(synced(refreshInterval="0")), SECRET, False, id="interval 0 is never forced"),
        pytest.param(synced(600, refreshInterval="0"), SECRET, False, id="interval 0 never passes"),
        pytest.param(annotated(synced(refreshPolicy="CreatedOnce")), SECRET, False, id="created once"),
        pytest.param(synced(600, refreshPolicy="OnChange"), SECRET, False, id="on change: time is no change"),
        pytest.param(annotated(synced(refreshPolicy="OnChange")), SECRET, True, id="on change: changed"),
        pytest.param(
            synced(target={"creationPolicy": "None"}), None, False, id="policy None needs no Secret"
        ),
        pytest.param(synced(target={"creationPolicy": "Merge"}), None, False, id="Merge waits its turn"),
    ],
)
def test_a_fetch_is_due(obj: Object, secret: Object | None, expected: bool) -> None:
    assert refresh.due(obj, secret, NOW) is expected

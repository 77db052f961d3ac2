"""What was applied is applied again only where it is not so any more."""

from typing import cast

import pytest

from simulator.controllers.api import Api
from simulator.controllers.crossplane.applying import Applied
from simulator.controllers.kinds import SECRET, Kind, Object

METADATA = {"name": "conn", "namespace": "n"}
WANTED: Object = {"apiVersion": "v1", "kind": "Secret", "metadata": METADATA, "stringData": {"HOST": "cache"}}


class _Server:
    """Counts what is applied; stores the texts of a Secret as a server does."""

    def __init__(self) -> None:
        self.applied = 0

    async def apply(self, _kind: Kind, _obj: Object, *, manager: str) -> Object:
        assert manager == "tests"
        self.applied += 1
        return {"apiVersion": "v1", "kind": "Secret", "metadata": METADATA, "data": {"HOST": "Y2FjaGU="}}


@pytest.mark.parametrize(("changed", "times"), [({}, 1), ({"HOST": "b3RoZXI="}, 2)])
async def test_a_secret_is_known_by_its_texts(changed: dict[str, str], times: int) -> None:
    server = _Server()
    applied = Applied(cast("Api", server), "tests")
    live = await applied.apply(SECRET, WANTED, None)
    await applied.apply(SECRET, WANTED, {**live, "data": live["data"] | changed})
    assert server.applied == times

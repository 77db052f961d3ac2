"""The same seed and the same order of events give the same objects, but for their uids."""

import json
import re
from pathlib import Path

from simulator.backends.certificates import Authority
from simulator.backends.serving import serve
from simulator.controllers.api import Api
from simulator.controllers.informer import Informer
from simulator.controllers.kinds import DEPLOYMENT, EVENT, POD, REPLICA_SET, Object, name_of
from simulator.controllers.recorder import Recorder
from simulator.controllers.workloads.deployments import Deployments
from simulator.controllers.workloads.replica_sets import ReplicaSets
from simulator.kube.access.identity import Identity
from simulator.kube.server import KubeServer
from tests.scenarios.manifests import deployment
from tests.simulator.controllers.clock import ManualClock

_UID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def run(directory: Path, seed: int) -> list[Object]:
    """A Deployment rolled out by hand, one pass after another; everything there is afterwards."""
    clock, authority = ManualClock(), Authority(directory)
    leaf = authority.issue("kube", "127.0.0.1")
    server = KubeServer(clock, {"t": Identity("system:admin", ("system:masters",))}, seed=seed)
    async with (
        server.running(),
        serve(server.app, cert=leaf.cert, key=leaf.key) as listener,
        Api(listener.url, "t", authority.ca_file, manager="workloads") as api,
    ):
        deployments, sets, pods = (Informer(api, clock, kind) for kind in (DEPLOYMENT, REPLICA_SET, POD))
        recorder = Recorder(api, clock, "controllers")
        rolling = Deployments(api, clock, recorder, deployments, sets)
        scaling = ReplicaSets(api, clock, recorder, sets, pods)
        wanted = deployment(spec={"replicas": 2})
        wanted["metadata"]["namespace"] = "default"
        deployments.take_note(await api.create(DEPLOYMENT, wanted))
        for _ in range(2):
            await rolling.reconcile(("default", "web"))
            for each in sets:
                await scaling.reconcile(("default", name_of(each)))
            await clock.advance(5)
        kinds = (DEPLOYMENT, REPLICA_SET, POD, EVENT)
        found = [item for kind in kinds for item in (await api.list(kind, "default")).items]
    await server.close()
    return found


def without_uids(objects: list[Object]) -> list[Object]:
    """As they are, each uid replaced by its number; an event's name is made of one."""
    known: dict[str, str] = {}
    ordered = sorted(objects, key=lambda each: int(each["metadata"]["resourceVersion"]))
    shown = _UID.sub(lambda match: known.setdefault(match[0], str(len(known))), json.dumps(ordered))
    found: list[Object] = json.loads(shown)
    for each in found:
        if each["kind"] == "Event":
            del each["metadata"]["name"]
    return found


async def test_a_run_can_be_repeated(tmp_path: Path) -> None:
    first, again, other = [
        without_uids(await run(tmp_path / name, seed)) for name, seed in (("a", 7), ("b", 7), ("c", 8))
    ]
    assert len([each for each in first if each["kind"] == "Pod"]) == 2
    assert first == again
    pods = [[name_of(each) for each in found if each["kind"] == "Pod"] for found in (first, other)]
    assert pods[0] != pods[1], "another seed draws other names"

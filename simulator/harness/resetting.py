"""A world back to its first state while it runs: everything in it is as it was when it was announced.

Endpoints, credentials, certificates, logs and the clock stay. Calls that come meanwhile wait; what a client
remembers of the world before, such as the revision of a clone, is its own affair.
"""

import asyncio
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import Any

from simulator.gateway.faults import Rule
from simulator.harness import tenants
from simulator.harness.control import Unresettable
from simulator.harness.ground import ACTORS, Ground
from simulator.harness.truth import STORAGES, inventory
from simulator.kube.server import KubeServer
from simulator.kube.storage.restoring import Snapshot
from simulator.neon.restarting import Memory
from simulator.neon.service import NeonService
from simulator.ssm.inventory import Unanswered

RESET = ("Neon", "Parameter Store", "object storage", "the tenants repository", "the cluster", "fault rules")
KEPT = ("endpoints", "credentials", "certificates", "logs", "the clock")
_DERIVED = ("argocd", "pods", "volumes")
"""What the actors keep in the run directory; all of it comes from what is reset."""


@dataclass(frozen=True, slots=True)
class _Systems:
    """Those of this process, each with what it held at first."""

    neon: NeonService
    projects: Memory
    kube: KubeServer
    objects: Snapshot

    @classmethod
    def of(cls, ground: Ground) -> "_Systems | None":
        """None where one of them is not of this process."""
        neon, kube = ground.neon, ground.kube
        return cls(neon, neon.remember(), kube, kube.remember()) if neon and kube else None


class Reset:
    """Knows the first state of one world; to be made when the world is announced."""

    def __init__(self, ground: Ground, rules: Sequence[Rule]) -> None:
        self._ground = ground
        self._rules = rules
        self._turn = asyncio.Lock()
        self._systems = _Systems.of(ground)
        ground.faults.restart(rules)

    async def rules(self) -> dict[str, Any]:
        """Only the fault rules; those of the start are armed again."""
        self._ground.faults.restart(self._rules)
        return {"seconds": 0.0, "reset": ["fault rules"], "kept": ["everything else"]}

    async def everything(self) -> dict[str, Any]:
        """`{seconds, reset, kept}`; raises Unresettable."""
        ground, began = self._ground, monotonic()
        if self._systems is None:
            raise Unresettable(
                "The cluster of this world is not the simulator's own and cannot be reset in place: "
                "end the world with `down` and start another."
            )
        async with self._turn:
            ground.faults.restart([])
            await ground.parts.close_stage(ACTORS)
            try:
                async with ground.gate.shut():
                    await self._restore(self._systems)
            finally:
                ground.act()
            ground.faults.restart(self._rules)
        return {"seconds": round(monotonic() - began, 2), "reset": RESET, "kept": KEPT}

    async def _restore(self, systems: "_Systems") -> None:
        systems.kube.restore(systems.objects)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(systems.neon.restart(systems.projects))
                group.create_task(self._stores())
                group.create_task(self._files())
        except* Unanswered as failed:
            raise Unresettable(f"Parameters or objects are left: {failed.exceptions[0]}.") from failed

    async def _stores(self) -> None:
        async with self._ground.beneath("ssm") as client:
            await inventory(self._ground, client).clear_parameters()
        for storage in STORAGES:
            async with self._ground.beneath(storage) as client:
                await inventory(self._ground, client, storage).clear_buckets()

    async def _files(self) -> None:
        run_dir = self._ground.order.run_dir
        repository = run_dir / "tenants.git"
        with ThreadPoolExecutor(1, "reset") as executor:
            await asyncio.get_running_loop().run_in_executor(
                executor, _remove, [repository, *(run_dir / name for name in _DERIVED)]
            )
        await tenants.make(repository, self._ground.home, self._ground.log("git.log"))


def _remove(paths: Sequence[Any]) -> None:
    for path in paths:
        shutil.rmtree(path, ignore_errors=True)

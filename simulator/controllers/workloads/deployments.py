"""Deployments: carry out the plan of the rollout, then report."""

from dataclasses import dataclass

from simulator.clock import Clock, rfc3339
from simulator.controllers.api import Api
from simulator.controllers.errors import AlreadyExists, NotFound
from simulator.controllers.informer import Informer, Key
from simulator.controllers.kinds import DEPLOYMENT, REPLICA_SET, Object, annotations_of, name_of, namespace_of
from simulator.controllers.recorder import NORMAL, Recorder
from simulator.controllers.workloads import pods, rollout

DEADLINE_LOOK = 15.0


@dataclass(frozen=True, slots=True)
class Deployments:
    """Reconciles every Deployment."""

    api: Api
    clock: Clock
    recorder: Recorder
    deployments: Informer
    replica_sets: Informer

    async def reconcile(self, key: Key) -> float | None:
        """One pass over one Deployment."""
        deployment = self.deployments.get(key[1], key[0])
        if deployment is None or pods.deleting(deployment):
            return None
        sets = self._sets(deployment)
        plan = rollout.plan(deployment, sets)
        if plan.create is not None or plan.scale or plan.remove:
            await self._carry_out(deployment, sets, plan)
            sets = self._sets(deployment)
        patch = await self._mark(deployment, sets)
        now = self.clock.now()
        status = rollout.status(deployment, sets, now, rfc3339(now))
        if not pods.reports(deployment, status):
            patch["status"] = status
        if patch:
            # Through the status, where an annotation is no new generation for anybody to catch up with.
            written = await self.api.merge_patch(DEPLOYMENT, key[1], patch, key[0], subresource="status")
            self.deployments.take_note(written)
        counts = {status[name] for name in ("replicas", "updatedReplicas", "availableReplicas")}
        settled = counts == {rollout.replicas(deployment)}
        return None if settled else DEADLINE_LOOK

    def _sets(self, deployment: Object) -> list[Object]:
        return pods.owned(self.replica_sets.of(namespace_of(deployment)), deployment)

    async def _carry_out(self, deployment: Object, sets: list[Object], plan: rollout.Plan) -> None:
        namespace = namespace_of(deployment)
        if plan.create is not None:
            try:
                self.replica_sets.take_note(await self.api.create(REPLICA_SET, plan.create))
            except AlreadyExists:
                return
            await self._scaled(deployment, name_of(plan.create), 0, rollout.replicas(plan.create))
        before = {name_of(s): rollout.replicas(s) for s in sets}
        for name, wanted in plan.scale.items():
            patch = {"spec": {"replicas": wanted}}
            self.replica_sets.take_note(await self.api.merge_patch(REPLICA_SET, name, patch, namespace))
            await self._scaled(deployment, name, before[name], wanted)
        for name in plan.remove:
            try:
                await self.api.delete(REPLICA_SET, name, namespace)
            except NotFound:
                continue

    async def _scaled(self, deployment: Object, name: str, old: int, new: int) -> None:
        direction = "up" if new >= old else "down"
        text = f"Scaled {direction} replica set {name} from {old} to {new}"
        await self.recorder.event(deployment, NORMAL, "ScalingReplicaSet", text)

    async def _mark(self, deployment: Object, sets: list[Object]) -> Object:
        """Put the revision on the current ReplicaSet; answers the patch that puts it on the Deployment."""
        new = rollout.current(deployment, sets)
        if new is None:
            return {}
        wanted = str(rollout.next_revision(deployment, sets))
        patch = {"metadata": {"annotations": {rollout.REVISION: wanted}}}
        if annotations_of(new).get(rollout.REVISION) != wanted:
            marked = await self.api.merge_patch(REPLICA_SET, name_of(new), patch, namespace_of(new))
            self.replica_sets.take_note(marked)
        return {} if annotations_of(deployment).get(rollout.REVISION) == wanted else patch

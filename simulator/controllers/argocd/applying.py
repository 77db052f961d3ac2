"""Doing one task of a sync to the cluster."""

from simulator.controllers.api import Api
from simulator.controllers.argocd import waves
from simulator.controllers.argocd.cluster import Cluster
from simulator.controllers.argocd.identity import group_of, version_name
from simulator.controllers.argocd.state import MANAGER
from simulator.controllers.argocd.targets import KindName, kind_name
from simulator.controllers.argocd.tasks import (
    FAILED,
    PRUNE_SKIPPED,
    PRUNED,
    RUNNING,
    SUCCEEDED,
    SYNC_FAILED,
    SYNCED,
    Options,
    Result,
    Task,
)
from simulator.controllers.errors import ApiError, NotFound, Unreachable
from simulator.controllers.kinds import NAMESPACE, Kind, Object, uid_of, version_of

FOREGROUND = "Foreground"


class Hands:
    """Applies and prunes; what the API server refuses becomes the result of the task."""

    def __init__(self, api: Api, cluster: Cluster) -> None:
        self._api = api
        self._cluster = cluster

    async def dry_run(self, task: Task, kind: Kind) -> Result | None:
        """The failure applying the task would end in, if the API server can say so beforehand."""
        try:
            await self._api.apply(kind, task.object, manager=MANAGER, dry_run=True)
        except Unreachable:
            raise
        except ApiError as exc:
            return Result(SYNC_FAILED, FAILED, exc.message, version_name(task.object))
        return None

    async def apply(self, task: Task, kinds: dict[KindName, Kind | None]) -> Result:
        target = task.object
        version = version_name(target)
        try:
            kind = kinds.get(kind_name(target)) or await self._api.resource(*kind_name(target))
        except NotFound:
            return Result(SYNC_FAILED, FAILED, unserved(target), version)
        try:
            applied = await self._api.apply(kind, target, manager=MANAGER)
        except Unreachable:
            raise
        except ApiError as exc:
            return Result("" if task.hook else SYNC_FAILED, FAILED, exc.message, version)
        self._cluster.wrote(applied)
        message = f"{_resource(kind)}/{task.ref.name} {_verb(task.live, applied)}"
        return Result("" if task.hook else SYNCED, RUNNING, message, version)

    async def prune(self, task: Task, options: Options, propagation: str) -> Result:
        live = task.object
        version = version_name(live)
        if "Prune=false" in waves.sync_options(live):
            return Result(PRUNE_SKIPPED, SUCCEEDED, "ignored (no prune)", version)
        if not options.prune:
            return Result(PRUNE_SKIPPED, SUCCEEDED, "ignored (requires pruning)", version)
        try:
            await self.delete(live, propagation)
        except Unreachable:
            raise
        except ApiError as exc:
            return Result(SYNC_FAILED, FAILED, exc.message, version)
        return Result(PRUNED, SUCCEEDED, "pruned", version)

    async def delete(self, live: Object, propagation: str = FOREGROUND) -> None:
        """Delete exactly this object; that it is gone already is as good."""
        kind = await self._api.resource(*kind_name(live))
        metadata = live["metadata"]
        try:
            answer = await self._api.delete(
                kind,
                metadata["name"],
                metadata.get("namespace", ""),
                propagation=propagation,
                uid=uid_of(live),
            )
        except NotFound:
            return
        if answer.get("kind") == live["kind"]:
            self._cluster.wrote({**answer, "apiVersion": live["apiVersion"]})

    async def ensure_namespace(self, name: str) -> None:
        """Create the destination's namespace, as the sync option CreateNamespace asks for."""
        if not self._cluster.namespace_exists(name):
            target = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            self._cluster.wrote(await self._api.apply(NAMESPACE, target, manager=MANAGER))


def unserved(target: Object) -> str:
    """What is said about a kind the cluster does not know."""
    return (
        f"The Kubernetes API could not find {group_of(target)}/{target['kind']} for requested resource"
        f" {target['metadata'].get('namespace', '')}/{target['metadata']['name']}. Make sure the"
        f' "{target["kind"]}" CRD is installed on the destination cluster.'
    )


def _resource(kind: Kind) -> str:
    """`deployment.apps`, as kubectl names it."""
    return kind.kind.lower() + (f".{kind.group}" if kind.group else "")


def _verb(before: Object | None, after: Object) -> str:
    if before is None:
        return "created"
    return "unchanged" if version_of(before) == version_of(after) else "configured"

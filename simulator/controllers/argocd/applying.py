"""Doing one task of a sync to the cluster."""

from simulator.controllers.api import Api
from simulator.controllers.argocd import waves
from simulator.controllers.argocd.cluster import Cluster
from simulator.controllers.argocd.comparing import MANAGER
from simulator.controllers.argocd.identity import group_of, version_name
from simulator.controllers.argocd.options import FOREGROUND, Options
from simulator.controllers.argocd.targets import KindName, kind_name
from simulator.controllers.argocd.tasks import (
    FAILED,
    PRUNE_SKIPPED,
    PRUNED,
    RUNNING,
    SUCCEEDED,
    SYNC_FAILED,
    SYNCED,
    Result,
    Task,
)
from simulator.controllers.errors import AlreadyExists, ApiError, Conflict, NotFound, Unreachable
from simulator.controllers.kinds import NAMESPACE, Kind, Object, uid_of, version_of


class InTheWay(Conflict):
    """What is to be replaced is still there; the same step is tried again."""


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

    async def apply(self, task: Task, kinds: dict[KindName, Kind | None], options: Options) -> Result:
        """Raises InTheWay while an object that is replaced has not gone yet."""
        target = task.object
        version = version_name(target)
        try:
            kind = kinds.get(kind_name(target)) or await self._api.resource(*kind_name(target))
        except NotFound:
            return Result(SYNC_FAILED, FAILED, unserved(target), version)
        try:
            applied, verb = await self._put(task, kind, options)
        except (Unreachable, InTheWay):
            raise
        except ApiError as exc:
            return Result("" if task.hook else SYNC_FAILED, FAILED, exc.message, version)
        message = f"{_resource(kind)}/{task.ref.name} {verb}"
        if options.dry_run:
            return Result("" if task.hook else SYNCED, SUCCEEDED, f"{message} (dry run)", version)
        self._cluster.wrote(applied)
        return Result("" if task.hook else SYNCED, RUNNING, message, version)

    async def _put(self, task: Task, kind: Kind, options: Options) -> tuple[Object, str]:
        """The object as it is afterwards, and what was done to it."""
        own = waves.sync_options(task.object)
        if task.live is None or options.dry_run or not options.replaces(own):
            applied = await self._api.apply(kind, task.object, manager=MANAGER, dry_run=options.dry_run)
            return applied, _verb(task.live, applied)
        if options.forces(own):
            await self.delete(task.live, "Background")
            try:
                return await self._api.create(kind, task.object), "replaced"
            except AlreadyExists as exc:
                raise InTheWay(exc.status, exc.reason, exc.message) from exc
        metadata = {**task.object["metadata"], "resourceVersion": version_of(task.live)}
        return await self._api.replace(kind, {**task.object, "metadata": metadata}), "replaced"

    async def prune(self, task: Task, options: Options) -> Result:
        live = task.object
        version = version_name(live)
        if "Prune=false" in waves.sync_options(live):
            return Result(PRUNE_SKIPPED, SUCCEEDED, "ignored (no prune)", version)
        if not options.prune:
            return Result(PRUNE_SKIPPED, SUCCEEDED, "ignored (requires pruning)", version)
        if options.dry_run:
            return Result(PRUNED, SUCCEEDED, "pruned (dry run)", version)
        try:
            await self.delete(live, options.propagation)
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

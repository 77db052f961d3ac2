"""Take back from an existing cluster whatever a run applied to it, once none of its controllers lives.

    python -m simulator.harness.withdrawal RUN_DIR

Finalizers of its own kinds are dropped, since nobody is left to honour them. May be repeated.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulator.backends.kubeconfig import UnusableKubeconfig, read
from simulator.controllers.api import Api
from simulator.controllers.argocd.targets import APPLICATION
from simulator.controllers.crossplane.kinds import OBJECT
from simulator.controllers.errors import ApiError, Conflict, NotFound
from simulator.controllers.kinds import (
    CUSTOM_RESOURCE_DEFINITION,
    LEASE,
    NAMESPACE,
    NODE,
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    STORAGE_CLASS,
    Kind,
    Object,
    labels_of,
    name_of,
    namespace_of,
    uid_of,
)
from simulator.controllers.virtual_kubelet.kubelet import NAME as NODE_NAME
from simulator.controllers.virtual_kubelet.node import LEASES
from simulator.harness import cordon, external
from simulator.harness.marked import RUN, labels
from simulator.harness.talk import say

SECONDS = 60.0
_POLL_SECONDS = 0.5
_NAMESPACED = "Namespaced"


def main(argv: Sequence[str]) -> int:
    """0 when nothing of the run is left in the cluster and its record is gone, else 1 with one sentence."""
    run_dir = Path(argv[0])
    record = external.read(run_dir)
    if record is None:
        return 0
    try:
        asyncio.run(_withdraw(record, run_dir))
    except (ApiError, UnusableKubeconfig, TimeoutError) as exc:
        told = str(exc) or f"it took longer than {SECONDS:.0f} s"
        say(f"The cluster of context {record.context} still holds what run {record.run_id} applied: {told}")
        return 1
    external.forget(run_dir)
    return 0


async def _withdraw(record: external.External, run_dir: Path) -> None:
    access = read(Path(record.kubeconfig), record.context)
    trust = access.tls(run_dir)
    async with asyncio.timeout(SECONDS), Api(access.server, access.token, trust, manager="withdrawal") as api:
        await cordon.uncordon(api, record.run_id)
        withdrawal = Withdrawal(api, record.run_id, frozenset(record.namespaces))
        await withdrawal.find()
        while await withdrawal.advance():  # noqa: ASYNC110 - the cluster sets no event of ours
            await asyncio.sleep(_POLL_SECONDS)


@dataclass(frozen=True, slots=True)
class Target:
    """One object to delete; `grace` in seconds, -1 for its own."""

    kind: Kind
    name: str
    namespace: str = ""
    grace: int = -1


@dataclass
class Withdrawal:
    """What the run applied, found once while its own kinds are still there to be read.

    `kept` are the namespaces that were there before it.
    """

    api: Api
    run_id: str
    kept: frozenset[str]
    definitions: dict[str, Object] = field(default_factory=dict)
    namespaces: set[str] = field(default_factory=set)
    others: list[Target] = field(default_factory=list)

    async def find(self) -> None:
        """Its definitions and those made from them, its namespaces, and what its controllers applied.

        The namespaces are marked, so that another attempt finds them when the rest is gone.
        """
        every = (await self.api.list(CUSTOM_RESOURCE_DEFINITION)).items
        own = [each for each in every if self._ours(each)]
        uids = {uid_of(each) async for each, _ in self._instances(own)}
        made = [d for d in every if uids & {o["uid"] for o in d["metadata"].get("ownerReferences") or ()}]
        self.definitions = {name_of(definition): definition for definition in (*own, *made)}
        for target in await self._applied():
            if target.kind == NAMESPACE:
                await self._mark(target.name)
            else:
                self.others.append(target)
        classes = {name_of(each) for each in await self._marked(STORAGE_CLASS)}
        for claim in (await self.api.list(PERSISTENT_VOLUME_CLAIM)).items:
            if claim["spec"].get("storageClassName") in classes:
                self.others.append(Target(PERSISTENT_VOLUME_CLAIM, name_of(claim), namespace_of(claim)))
        self.namespaces = {name_of(each) for each in await self._marked(NAMESPACE)}

    async def advance(self) -> bool:
        """One pass over what is left of the first stage that is not done; whether there was anything."""
        async for each, kind in self._instances(self.definitions.values()):
            if each["metadata"].get("finalizers"):
                await self._release(kind, each)
        nodes = await self._marked(NODE)
        pods = await self._pods() if nodes else []
        staying = [each for each in (*self.others, *pods) if each.namespace not in self.namespaces]
        namespaces = [Target(NAMESPACE, name) for name in self.namespaces]
        return (
            await self._delete(*staying)
            or await self._delete(*namespaces, *pods)
            or await self._delete(*await self._rest(nodes))
        )

    async def _pods(self) -> list[Target]:
        """Those that would wait for ever for a node that is gone."""
        found = (await self.api.list(POD, fields=f"spec.nodeName={NODE_NAME}")).items
        return [Target(POD, name_of(pod), namespace_of(pod), grace=0) for pod in found]

    async def _rest(self, nodes: list[Object]) -> list[Target]:
        found = [Target(NODE, name_of(node)) for node in nodes]
        found += [Target(LEASE, NODE_NAME, LEASES)] if nodes else []
        for kind in (STORAGE_CLASS, PERSISTENT_VOLUME):
            found += [Target(kind, name_of(each)) for each in await self._marked(kind)]
        return found + [Target(CUSTOM_RESOURCE_DEFINITION, name) for name in self.definitions]

    async def _marked(self, kind: Kind) -> list[Object]:
        return (await self.api.list(kind, labels=f"{RUN}={self.run_id}")).items

    async def _mark(self, namespace: str) -> None:
        if namespace in self.kept:
            return
        with contextlib.suppress(NotFound):
            await self.api.merge_patch(NAMESPACE, namespace, {"metadata": {"labels": labels(self.run_id)}})

    def _ours(self, obj: Object) -> bool:
        return labels_of(obj).get(RUN) == self.run_id

    async def _instances(self, definitions: Iterable[Object]) -> AsyncIterator[tuple[Object, Kind]]:
        for definition in list(definitions):
            kind = _served(definition)
            try:
                for each in (await self.api.list(kind)).items:
                    yield each, kind
            except NotFound:
                continue

    async def _applied(self) -> list[Target]:
        """What its Applications deployed and its composed objects stand for."""
        found = []
        for application in await self._listed(APPLICATION):
            for entry in (application.get("status") or {}).get("resources") or ():
                group, version = entry.get("group", ""), entry["version"]
                api_version = f"{group}/{version}" if group else version
                found.append((api_version, entry["kind"], entry.get("namespace", ""), entry["name"]))
        for composed in await self._listed(OBJECT):
            manifest = {"metadata": {}, **composed["spec"]["forProvider"]["manifest"]}
            place = (namespace_of(manifest), name_of(manifest) or name_of(composed))
            found.append((manifest["apiVersion"], manifest["kind"], *place))
        return [
            Target(kind, name, namespace)
            for api_version, kind_name, namespace, name in found
            if (kind := await self._kind(api_version, kind_name)) is not None
        ]

    async def _listed(self, kind: Kind) -> list[Object]:
        """All of one of its own kinds; none when the kind is gone or somebody else's."""
        if f"{kind.plural}.{kind.group}" not in self.definitions:
            return []
        try:
            return (await self.api.list(kind)).items
        except NotFound:
            return []

    async def _kind(self, api_version: str, kind: str) -> Kind | None:
        try:
            return await self.api.resource(api_version, kind)
        except NotFound:
            return None

    async def _release(self, kind: Kind, obj: Object) -> None:
        """Drop the finalizers."""
        with contextlib.suppress(NotFound, Conflict):
            patch = {"metadata": {"finalizers": None}}
            await self.api.merge_patch(kind, name_of(obj), patch, namespace_of(obj))

    async def _delete(self, *targets: Target) -> bool:
        """Whether any of them was there still."""
        return any(await asyncio.gather(*(self._was_there(target) for target in targets)))

    async def _was_there(self, target: Target) -> bool:
        kind, name, namespace = target.kind, target.name, target.namespace
        try:
            await self.api.delete(kind, name, namespace, propagation="Background", grace=target.grace)
        except (NotFound, Conflict):
            return await self.api.find(kind, name, namespace) is not None
        return True


def _served(definition: Object) -> Kind:
    spec = definition["spec"]
    version = next(each["name"] for each in spec["versions"] if each.get("served", True))
    names = spec["names"]
    return Kind(spec["group"], version, names["kind"], names["plural"], spec["scope"] == _NAMESPACED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

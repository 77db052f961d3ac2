"""Deleting an Application together with everything it owns, as its finalizer asks for."""

from simulator.controllers.api import Api
from simulator.controllers.argocd import waves
from simulator.controllers.argocd.applying import Hands
from simulator.controllers.argocd.cluster import Cluster
from simulator.controllers.argocd.targets import APPLICATION
from simulator.controllers.errors import NotFound
from simulator.controllers.kinds import Object, name_of, namespace_of

FINALIZER = "resources-finalizer.argocd.argoproj.io"
LOOK_AGAIN = 5.0


class Cascade:
    """Takes a deletion one step further: the highest wave first, the next when that is gone."""

    def __init__(self, api: Api, cluster: Cluster, hands: Hands) -> None:
        self._api = api
        self._cluster = cluster
        self._hands = hands

    async def advance(self, app: Object) -> float | None:
        """Seconds until the next look; None when there is nothing more to do."""
        finalizers = [str(each) for each in app["metadata"].get("finalizers") or []]
        ours = [each for each in finalizers if each.partition("/")[0] == FINALIZER]
        if not ours:
            return None
        entries = (app.get("status") or {}).get("resources") or []
        kinds = await self._cluster.kinds(
            {"apiVersion": f"{entry.get('group', '')}/{entry['version']}".lstrip("/"), "kind": entry["kind"]}
            for entry in entries
        )
        await self._cluster.follow(kind for kind in kinds.values() if kind is not None)
        owned = (await self._cluster.live(name_of(app), [])).values()
        left = [obj for obj in owned if "Delete=false" not in waves.sync_options(obj)]
        if not left:
            await self._release(app, [each for each in finalizers if each not in ours])
            return None
        last = max(waves.wave(obj) for obj in left)
        propagation = "Background" if ours[0].endswith("/background") else "Foreground"
        for obj in left:
            if waves.wave(obj) == last and not obj["metadata"].get("deletionTimestamp"):
                await self._hands.delete(obj, propagation)
        return LOOK_AGAIN

    async def _release(self, app: Object, finalizers: list[str]) -> None:
        metadata = {"finalizers": finalizers, "resourceVersion": app["metadata"]["resourceVersion"]}
        try:
            await self._api.merge_patch(APPLICATION, name_of(app), {"metadata": metadata}, namespace_of(app))
        except NotFound:
            return

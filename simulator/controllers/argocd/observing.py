"""One look at git and the cluster: what an Application is to be, what it is, and what is to be said of it."""

from dataclasses import dataclass

from simulator.controllers.argocd import orphans, waves
from simulator.controllers.argocd.cluster import Cluster
from simulator.controllers.argocd.comparing import Comparisons
from simulator.controllers.argocd.identity import Ref, owner
from simulator.controllers.argocd.ignoring import UnservedExpression
from simulator.controllers.argocd.loading import Loaded, Loader, LoadFailed
from simulator.controllers.argocd.project import faults, permits_kind
from simulator.controllers.argocd.settings import Settings
from simulator.controllers.argocd.state import Rules, State, judge
from simulator.controllers.argocd.targets import Notice
from simulator.controllers.informer import Informer
from simulator.controllers.kinds import Object, name_of


@dataclass(frozen=True, slots=True)
class Observation:
    """What one look gave. Without a commit git could not be read."""

    state: State
    commit: str
    conditions: list[Notice]


class Observer:
    """Looks at one Application after another, and remembers what it has compared."""

    def __init__(self, settings: Settings, projects: Informer, cluster: Cluster, loader: Loader) -> None:
        self._settings = settings
        self._projects = projects
        self._cluster = cluster
        self._loader = loader
        self._compared: dict[str, Comparisons] = {}

    def forget(self, application: str) -> None:
        self._loader.forget(application)
        self._compared.pop(application, None)

    def comparisons(self, application: str) -> Comparisons:
        """What was compared of an Application so far."""
        return self._compared.setdefault(application, Comparisons())

    def project(self, app: Object) -> Object | None:
        name = app["spec"].get("project") or "default"
        return self._projects.get(name, self._settings.namespace)

    async def look(self, app: Object, asked: str) -> Observation:
        """`asked` is the refresh somebody asks for: `normal`, `hard` or none."""
        await self._projects.synced.wait()
        project = self.project(app)
        invalid = [("InvalidSpecError", text) for text in faults(app, project)]
        if invalid or project is None:
            return Observation(_nothing(), "", invalid)
        conditions: list[Notice] = []
        commit, loaded = "", None
        try:
            if asked:
                await self._loader.refresh(app, hard=asked == "hard")
            commit = await self._loader.commit(app)
            loaded = await self._loader.load(app, commit)
            conditions += loaded.notices
        except LoadFailed as exc:
            conditions.append(("ComparisonError", str(exc)))
        live = await self._live(app, loaded)
        conditions += _shared(app, live)
        conditions += await self._orphaned(app, project)
        try:
            state = self._judged(app, project, loaded, live)
        except UnservedExpression as exc:
            text = f"Failed to compare desired state to live state: {exc}"
            return Observation(_nothing(), "", [*conditions, ("ComparisonError", text)])
        return Observation(state, commit, conditions)

    async def _orphaned(self, app: Object, project: Object) -> list[Notice]:
        """How many objects of the destination are nobody's, where the project asks."""
        namespace = str((app["spec"].get("destination") or {}).get("namespace") or "")
        if not namespace or not orphans.asked_for(project):
            return []
        await self._cluster.follow_namespaced()
        found = orphans.orphans(project, self._cluster.nobodys(namespace))
        text = f"Application has {len(found)} orphaned resources"
        return [("OrphanedResourceWarning", text)] if found else []

    def _judged(self, app: Object, project: Object, loaded: Loaded | None, live: dict[Ref, Object]) -> State:
        def permitted(ref: Ref) -> bool:
            return permits_kind(project, ref.group, ref.kind, namespaced=bool(ref.namespace))

        rules = Rules(
            loaded=loaded is not None,
            ignored=app["spec"].get("ignoreDifferences") or [],
            compare_options=waves.compare_options(app),
            comparisons=self.comparisons(name_of(app)),
            permitted=permitted,
        )
        return judge(loaded.targets if loaded else [], live, rules)

    async def _live(self, app: Object, loaded: Loaded | None) -> dict[Ref, Object]:
        """The live objects; kinds of earlier syncs are followed too, so that what git dropped is found."""
        earlier = [
            {"apiVersion": f"{entry.get('group', '')}/{entry['version']}".lstrip("/"), "kind": entry["kind"]}
            for entry in (app.get("status") or {}).get("resources") or []
        ]
        kinds = await self._cluster.kinds(earlier)
        await self._cluster.follow(kind for kind in kinds.values() if kind is not None)
        return await self._cluster.live(name_of(app), loaded.targets if loaded else [])


def _nothing() -> State:
    """Of an Application that cannot be compared."""
    return State("Unknown", "Unknown", [], [], all_pruned=False, images=[])


def _shared(app: Object, live: dict[Ref, Object]) -> list[Notice]:
    """Objects that another Application claims as well."""
    own = name_of(app)
    others = {ref: owner(obj) for ref, obj in live.items()}
    return [
        ("SharedResourceWarning", f"{ref.kind}/{ref.name} is part of applications {own} and {other}")
        for ref, other in others.items()
        if other not in {None, own}
    ]

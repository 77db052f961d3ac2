"""From an Application's source to targets: resolve the revision, render, prepare for this cluster."""

from dataclasses import dataclass

from simulator.controllers.argocd.cluster import Cluster
from simulator.controllers.argocd.git import Repositories, RevisionNotFound
from simulator.controllers.argocd.render import Renderer, RenderFailed
from simulator.controllers.argocd.targets import KindName, prepare
from simulator.controllers.kinds import Kind, Object, name_of


class LoadFailed(Exception):
    """Git gives no targets; the text is that of the ComparisonError."""

    @classmethod
    def because(cls, cause: Exception) -> "LoadFailed":
        return cls(
            "Failed to load target state: failed to generate manifest for source 1 of 1:"
            f" rpc error: code = Unknown desc = {cause}"
        )


@dataclass(frozen=True, slots=True)
class Loaded:
    """What git wants at a commit. The targets are shared: copy them before changing anything."""

    commit: str
    targets: list[Object]
    kinds: dict[KindName, Kind | None]
    warnings: list[str]


class Loader:
    """Loads targets; those of an unchanged commit and spec are loaded once."""

    def __init__(self, repositories: Repositories, renderer: Renderer, cluster: Cluster) -> None:
        self._repositories = repositories
        self._renderer = renderer
        self._cluster = cluster
        self._kept: dict[str, tuple[tuple[str, Object, Object], Loaded]] = {}

    async def refresh(self, app: Object, *, hard: bool) -> None:
        """Ask the Application's repository for new commits now; a hard refresh renders anew as well."""
        if hard:
            self._renderer.forget()
        self._kept.pop(name_of(app), None)
        try:
            await self._repositories.fetch(_source(app)["repoURL"])
        except RevisionNotFound as exc:
            raise LoadFailed.because(exc) from exc

    def forget(self, application: str) -> None:
        self._kept.pop(application, None)

    async def commit(self, app: Object, revision: str = "") -> str:
        """The commit of `revision`, or of the one the Application follows; raises LoadFailed."""
        source = _source(app)
        wanted = revision or source.get("targetRevision") or "HEAD"
        try:
            return await self._repositories.resolve(source["repoURL"], wanted)
        except RevisionNotFound as exc:
            raise LoadFailed.because(exc) from exc

    async def load(self, app: Object, commit: str) -> Loaded:
        """The targets of an Application at a commit, their kinds followed; raises LoadFailed."""
        source, destination = _source(app), app["spec"].get("destination") or {}
        key = (commit, source, destination)
        kept = self._kept.get(name_of(app))
        if kept is not None and kept[0] == key:
            return kept[1]
        try:
            manifests = await self._renderer.render(source, commit)
        except RenderFailed as exc:
            raise LoadFailed.because(exc) from exc
        kinds = await self._cluster.kinds(manifests)
        targets, warnings = prepare(manifests, name_of(app), destination.get("namespace", ""), kinds)
        await self._cluster.follow(kind for kind in kinds.values() if kind is not None)
        loaded = Loaded(commit, targets, kinds, warnings)
        if None not in kinds.values():
            self._kept[name_of(app)] = key, loaded
        return loaded


def _source(app: Object) -> Object:
    source = app["spec"].get("source")
    if not source or app["spec"].get("sources"):
        raise LoadFailed("Failed to load target state: spec.sources is not supported here, use spec.source")
    return dict(source)

"""From an Application's source to targets: resolve the revision, render, prepare for this cluster."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from simulator.controllers.argocd.cluster import Cluster
from simulator.controllers.argocd.git import Repositories, RevisionNotFound
from simulator.controllers.argocd.manifests import RenderFailed
from simulator.controllers.argocd.render import Renderer
from simulator.controllers.argocd.targets import KindName, Notice, prepare
from simulator.controllers.kinds import Kind, Object, name_of


class LoadFailed(Exception):
    """Git gives no targets; the text is that of the ComparisonError."""

    @classmethod
    def because(cls, cause: Exception) -> "LoadFailed":
        return cls(
            "Failed to load target state: failed to generate manifest for source 1 of 1:"
            f" rpc error: code = {getattr(cause, 'code', 'Unknown')} desc = {cause}"
        )


@dataclass(frozen=True, slots=True)
class Loaded:
    """What git wants at a commit. The targets are shared: copy them before changing anything."""

    commit: str
    targets: list[Object]
    kinds: dict[KindName, Kind | None]
    notices: list[Notice]


class Loader:
    """Loads targets; those of an unchanged rendering and spec are prepared once."""

    def __init__(
        self, repositories: Repositories, renderer: Renderer, cluster: Cluster, excluded: Collection[str] = ()
    ) -> None:
        """Kinds that are `excluded` are nobody's targets."""
        self._repositories = repositories
        self._renderer = renderer
        self._cluster = cluster
        self._excluded = excluded
        self._kept: dict[str, _Kept] = {}

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
        kept = self._kept.get(name_of(app))
        if kept is not None and kept.of == (source, destination) and kept.loaded.commit == commit:
            return kept.loaded
        try:
            manifests = await self._renderer.render(source, commit)
        except RenderFailed as exc:
            raise LoadFailed.because(exc) from exc
        if kept is not None and kept.of == (source, destination) and kept.manifests is manifests:
            loaded = replace(kept.loaded, commit=commit)
        else:
            loaded = await self._prepared(app, manifests, commit, destination.get("namespace", ""))
        if None not in loaded.kinds.values():
            self._kept[name_of(app)] = _Kept((source, destination), manifests, loaded)
        return loaded

    async def _prepared(self, app: Object, manifests: list[Object], commit: str, namespace: str) -> Loaded:
        kinds = await self._cluster.kinds(manifests)
        targets, notices = prepare(manifests, name_of(app), namespace, kinds, self._excluded)
        await self._cluster.follow(kind for kind in kinds.values() if kind is not None)
        return Loaded(commit, targets, kinds, notices)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was loaded `of` a source for a destination; a rendering is known again by its identity."""

    of: tuple[Object, Object]
    manifests: list[Object]
    loaded: Loaded


def _source(app: Object) -> Object:
    source = app["spec"].get("source")
    if not source or app["spec"].get("sources"):
        raise LoadFailed("Failed to load target state: spec.sources is not supported here, use spec.source")
    return dict(source)

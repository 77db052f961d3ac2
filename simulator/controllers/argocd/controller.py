"""One ArgoCD installation: its two controllers over the same mirrors of the same repositories."""

import asyncio

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.argocd.application import Applications
from simulator.controllers.argocd.applicationset import APPLICATION_SET, ApplicationSets
from simulator.controllers.argocd.applying import Hands
from simulator.controllers.argocd.cascade import Cascade
from simulator.controllers.argocd.cluster import Cluster
from simulator.controllers.argocd.git import Repositories
from simulator.controllers.argocd.loading import Loader
from simulator.controllers.argocd.observing import Observer
from simulator.controllers.argocd.operation import Syncs
from simulator.controllers.argocd.project import APP_PROJECT
from simulator.controllers.argocd.render import Renderer
from simulator.controllers.argocd.settings import Settings
from simulator.controllers.argocd.targets import APPLICATION
from simulator.controllers.argocd.tasks import TERMINATING
from simulator.controllers.informer import Change, Informer
from simulator.controllers.kinds import Object, annotations_of, labels_of, name_of
from simulator.controllers.workqueue import WorkQueue

GATHER_SECONDS = 0.2
"""What changes about an Application's objects in quick succession is looked at once."""


async def run(api: Api, clock: Clock, settings: Settings) -> None:
    """Run the ApplicationSet and the Application controller until cancelled."""
    installation = Installation(api, clock, settings)
    try:
        await installation.run()
    finally:
        installation.close()


class Installation:
    """The parts of an installation, and what wakes which of its controllers."""

    def __init__(self, api: Api, clock: Clock, settings: Settings) -> None:
        self._api = api
        self._clock = clock
        self._settings = settings
        self._repositories = Repositories(settings.cache, clock, settings.git_poll)
        self._renderer = Renderer(self._repositories)
        self._applications, self._sets, self._projects = (
            Informer(api, clock, kind, namespace=settings.namespace)
            for kind in (APPLICATION, APPLICATION_SET, APP_PROJECT)
        )
        self._generated = ApplicationSets(api, clock, settings, self._repositories)
        self._set_queue = WorkQueue[str](clock, self._generated.reconcile, name="applicationset", workers=1)

    def close(self) -> None:
        self._renderer.close()
        self._generated.close()

    async def run(self) -> None:
        """Follow, compare and sync until cancelled."""
        async with asyncio.TaskGroup() as group:
            queue: WorkQueue[str]

            def wake(name: str) -> None:
                queue.add_after(name, GATHER_SECONDS)

            cluster = Cluster(self._api, self._clock, group, wake)
            queue = WorkQueue[str](
                self._clock,
                self._application_controller(cluster).reconcile,
                name="application",
                workers=self._settings.workers,
            )
            self._wire(queue)
            for informer in (self._applications, self._sets, self._projects):
                group.create_task(informer.run(), name=f"argocd-{informer.kind.plural}")
            group.create_task(queue.run(), name="argocd-application-queue")
            group.create_task(self._set_queue.run(), name="argocd-applicationset-queue")
            group.create_task(self._repositories.poll(), name="argocd-git")

    def _application_controller(self, cluster: Cluster) -> Applications:
        loader = Loader(self._repositories, self._renderer, cluster, self._settings.excluded)
        observer = Observer(self._settings, self._projects, cluster, loader)
        hands = Hands(self._api, cluster)
        delay = self._settings.wave_delay
        syncs = Syncs(self._clock, loader, cluster, hands, observer=observer, wave_delay=delay)
        return Applications(
            self._api,
            self._clock,
            self._settings,
            applications=self._applications,
            observer=observer,
            syncs=syncs,
            cascade=Cascade(self._api, cluster, hands),
        )

    def _wire(self, queue: WorkQueue[str]) -> None:
        def everything() -> None:
            for app in self._applications:
                queue.add(name_of(app))
            for each in self._sets:
                self._set_queue.add(name_of(each))

        def application_changed(change: Change) -> None:
            if _concern(change.old) != _concern(change.new):
                queue.add(change.key[1])
            for name in _sets_to_tell(change):
                self._set_queue.add(name)

        def set_changed(change: Change) -> None:
            if _concern(change.old) != _concern(change.new):
                self._set_queue.add(change.key[1])

        self._applications.on_change(application_changed)
        self._sets.on_change(set_changed)
        self._projects.on_change(lambda _: everything())
        self._repositories.on_change(everything)


def _concern(obj: Object | None) -> Object | None:
    """The part of an object whose change asks for another look; what the controllers write is left out."""
    if obj is None:
        return None
    phase = ((obj.get("status") or {}).get("operationState") or {}).get("phase")
    return {
        "annotations": annotations_of(obj),
        "deleted": obj["metadata"].get("deletionTimestamp"),
        "finalizers": obj["metadata"].get("finalizers"),
        "labels": labels_of(obj),
        "operation": obj.get("operation"),
        "spec": obj.get("spec"),
        "terminating": phase == TERMINATING,
        "uid": obj["metadata"].get("uid"),
    }


def _sets_to_tell(change: Change) -> set[str]:
    """The ApplicationSets whose Application was changed or deleted under them."""
    old, new = _concern(change.old), _concern(change.new)
    same = old and new and (old["spec"], old["labels"]) == (new["spec"], new["labels"])
    owned = [] if same or change.old is None else change.old["metadata"].get("ownerReferences") or []
    return {str(each["name"]) for each in owned if each.get("kind") == APPLICATION_SET.kind}

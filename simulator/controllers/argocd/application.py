"""The Application controller: compare with git, judge, sync, and say so in status."""

import copy

from simulator.clock import Clock, rfc3339
from simulator.controllers.api import Api
from simulator.controllers.argocd import status
from simulator.controllers.argocd.automation import Later, Refused, Start, next_sync
from simulator.controllers.argocd.cascade import Cascade
from simulator.controllers.argocd.durations import moment
from simulator.controllers.argocd.observing import Observation, Observer
from simulator.controllers.argocd.operation import Progress, Syncs
from simulator.controllers.argocd.settings import Settings
from simulator.controllers.argocd.targets import APPLICATION
from simulator.controllers.argocd.tasks import SUCCEEDED
from simulator.controllers.errors import ApiError, Conflict, Invalid, NotFound
from simulator.controllers.informer import Informer
from simulator.controllers.kinds import Object, annotations_of, name_of

REFRESH = "argocd.argoproj.io/refresh"
SKIP_RECONCILE = "argocd.argoproj.io/skip-reconcile"
HISTORY_LIMIT = 10


class Applications:
    """Reconciles one Application by name; returns the seconds until it wants to be looked at again."""

    def __init__(
        self,
        api: Api,
        clock: Clock,
        settings: Settings,
        *,
        applications: Informer,
        observer: Observer,
        syncs: Syncs,
        cascade: Cascade,
    ) -> None:
        self._api = api
        self._clock = clock
        self._settings = settings
        self._applications = applications
        self._observer = observer
        self._syncs = syncs
        self._cascade = cascade

    async def reconcile(self, name: str) -> float | None:
        app = self._applications.get(name, self._settings.namespace)
        if app is None:
            self._observer.forget(name)
            return None
        if app["metadata"].get("deletionTimestamp"):
            return await self._delete(app)
        if annotations_of(app).get(SKIP_RECONCILE) == "true":
            return None
        asked = annotations_of(app).get(REFRESH, "")
        seen = await self._observer.look(app, asked)
        app = await self._report(app, seen, asked)
        if app.get("operation"):
            return await self._operate(app)
        return await self._automate(app, seen)

    async def _delete(self, app: Object) -> float | None:
        """One step of the deletion; what it fails for is told, and tried again."""
        try:
            return await self._cascade.advance(app)
        except Conflict:
            raise
        except ApiError as exc:
            old = (app.get("status") or {}).get("conditions") or []
            told = status.conditions(old, [("DeletionError", exc.message)], self._clock.now())
            if told != old:
                await self._patch(app, {"status": {"conditions": told}})
            raise

    async def _report(self, app: Object, seen: Observation, asked: str) -> Object:
        """Write what was seen, and take the refresh annotation off as the acknowledgement."""
        old = app.get("status") or {}
        wanted = self._status(app, seen, old, asked)
        if patch := status.changes({name: old[name] for name in wanted if name in old}, wanted):
            app = await self._patch(app, {"status": patch})
        if asked:
            path = "/metadata/annotations/" + REFRESH.replace("/", "~1")
            acknowledge = [
                {"op": "test", "path": path, "value": asked},
                {"op": "remove", "path": path},
            ]
            app = self._applications.take_note(
                await self._api.json_patch(APPLICATION, name_of(app), acknowledge, self._settings.namespace)
            )
        return app

    def _status(self, app: Object, seen: Observation, old: Object, asked: str) -> Object:
        now = self._clock.now()
        spec = app["spec"]
        compared: Object = {"source": spec.get("source"), "destination": spec.get("destination")}
        if spec.get("ignoreDifferences"):
            compared["ignoreDifferences"] = spec["ignoreDifferences"]
        sync: Object = {"status": seen.state.sync, "comparedTo": compared}
        if seen.commit:
            sync["revision"] = seen.commit
        conditions = list(seen.conditions)
        if isinstance(due := self._due(app, seen), Refused):
            conditions.append(("SyncError", due.message))
        before = old.get("sync") or {}
        new = bool(asked) or (before.get("revision"), before.get("comparedTo")) != (
            sync.get("revision"),
            sync["comparedTo"],
        )
        fresh = new or self._age(old) >= self._settings.refresh
        return {
            "conditions": status.conditions(old.get("conditions") or [], conditions, now),
            "controllerNamespace": self._settings.namespace,
            "health": status.health_status(old.get("health") or {}, seen.state.health, now),
            "reconciledAt": rfc3339(now) if fresh else old["reconciledAt"],
            "resourceHealthSource": "appTree",
            "resources": seen.state.resources,
            "sourceType": "Directory" if (spec.get("source") or {}).get("directory") else "Kustomize",
            "summary": {"images": seen.state.images} if seen.state.images else {},
            "sync": sync,
        }

    def _age(self, old: Object) -> float:
        """Seconds since the last comparison with git."""
        if "reconciledAt" not in old:
            return self._settings.refresh
        return (self._clock.now() - moment(old["reconciledAt"])).total_seconds()

    def _due(self, app: Object, seen: Observation) -> Start | Later | Refused | None:
        if app.get("operation") or not seen.commit:
            return None
        return next_sync(app, seen.state, seen.commit, self._clock.now(), self._settings.self_heal_delay)

    async def _automate(self, app: Object, seen: Observation) -> float:
        due = self._due(app, seen)
        if isinstance(due, Start):
            version = app["metadata"]["resourceVersion"]
            await self._patch(app, {"metadata": {"resourceVersion": version}, "operation": due.operation})
            return 0.0
        refresh = max(1.0, self._settings.refresh - self._age(app.get("status") or {}))
        return min(refresh, due.seconds) if isinstance(due, Later) else refresh

    async def _operate(self, app: Object) -> float | None:
        progress = await self._syncs.advance(app)
        if progress.finished:
            await self._finish(app, progress)
            return 0.0
        before = (app.get("status") or {}).get("operationState") or {}
        if patch := status.changes(before, progress.state):
            await self._patch(app, {"status": {"operationState": patch}})
        return self._settings.refresh if progress.again is None else progress.again

    async def _finish(self, app: Object, progress: Progress) -> None:
        """Record the end and remove `operation` in one write, so that neither is ever seen alone."""
        operations: list[Object] = [
            {"op": "test", "path": "/operation", "value": app["operation"]},
            {"op": "remove", "path": "/operation"},
            {"op": "add", "path": "/status/operationState", "value": progress.state},
        ]
        if progress.state["phase"] == SUCCEEDED and _is_history(progress.state):
            history = self._history(app, progress.state)
            operations.append({"op": "add", "path": "/status/history", "value": history})
        try:
            self._applications.take_note(
                await self._api.json_patch(APPLICATION, name_of(app), operations, self._settings.namespace)
            )
        except Invalid as exc:
            raise Conflict(
                exc.status, "Conflict", "the operation was replaced while it was carried out"
            ) from exc

    def _history(self, app: Object, state: Object) -> list[Object]:
        history = copy.deepcopy((app.get("status") or {}).get("history") or [])
        history.append(
            {
                "id": history[-1]["id"] + 1 if history else 0,
                "revision": state["syncResult"]["revision"],
                "source": state["syncResult"]["source"],
                "deployStartedAt": state["startedAt"],
                "deployedAt": state["finishedAt"],
                "initiatedBy": state["operation"].get("initiatedBy") or {},
            }
        )
        limit = int(app["spec"].get("revisionHistoryLimit", HISTORY_LIMIT))
        return history[-limit:] if limit else []

    async def _patch(self, app: Object, patch: Object) -> Object:
        try:
            return self._applications.take_note(
                await self._api.merge_patch(APPLICATION, name_of(app), patch, self._settings.namespace)
            )
        except NotFound as exc:
            raise Conflict(exc.status, exc.reason, "the Application was deleted meanwhile") from exc


def _is_history(state: Object) -> bool:
    """Whether all of a commit was deployed; a dry run deploys nothing."""
    sync = state["operation"].get("sync") or {}
    return not sync.get("resources") and not sync.get("dryRun")

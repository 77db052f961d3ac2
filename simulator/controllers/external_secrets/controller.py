"""The two loops: stores are validated, ExternalSecrets are fetched, written and judged."""

from dataclasses import dataclass, field
from functools import partial

import httpx

from simulator.clock import Clock, rfc3339
from simulator.controllers.api import Api
from simulator.controllers.conditions import condition, find, is_true, merged
from simulator.controllers.errors import ApiError, Conflict
from simulator.controllers.external_secrets import refresh, secret
from simulator.controllers.external_secrets.data import DataError, fetch
from simulator.controllers.external_secrets.kinds import CLUSTER_SECRET_STORE, EXTERNAL_SECRET, SECRET_STORE
from simulator.controllers.external_secrets.parameters import Parameters
from simulator.controllers.external_secrets.store import InvalidStore, StoreError, access, configuration
from simulator.controllers.external_secrets.template import TemplateError
from simulator.controllers.informer import Change, Informer, Key, key_of
from simulator.controllers.kinds import SECRET, Kind, Object, name_of, namespace_of, uid_of
from simulator.controllers.reconciling import reconcile_forever
from simulator.controllers.recorder import NORMAL, WARNING, Recorder
from simulator.controllers.workqueue import WorkQueue

COMPONENT = "external-secrets"
STORE_SECONDS = 300.0
RETRY_FIRST, RETRY_LAST = 1.0, 60.0
FETCH_FAILED = "could not get secret data from provider"
UPDATE_FAILED = "could not update secret"
TAKEN = "target is owned by another ExternalSecret"


class SyncFailed(Exception):
    """One pass did not succeed: the condition's general message and the Event's exact one."""

    def __init__(self, summary: str, detail: str) -> None:
        super().__init__(detail)
        self.summary = summary
        self.detail = detail


async def run(api: Api, clock: Clock, *, endpoint: str) -> None:
    """Reconcile until cancelled; `endpoint` is where Parameter Store answers, like AWS_SSM_ENDPOINT."""
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        await _Operator(api, clock, client, endpoint).run()


@dataclass
class _Operator:
    api: Api
    clock: Clock
    client: httpx.AsyncClient
    endpoint: str
    failures: dict[Key, int] = field(default_factory=dict)

    async def run(self) -> None:
        self.recorder = Recorder(self.api, self.clock, COMPONENT)
        self.secrets = Informer(self.api, self.clock, SECRET, labels=f"{refresh.MANAGED}=true")
        self.external = Informer(self.api, self.clock, EXTERNAL_SECRET)
        self.stores = [Informer(self.api, self.clock, kind) for kind in (SECRET_STORE, CLUSTER_SECRET_STORE)]
        self.queue: WorkQueue[Key] = WorkQueue(self.clock, self.sync, name="externalsecret")
        judged: WorkQueue[tuple[Kind, Key]] = WorkQueue(self.clock, self.judge, name="secretstore")
        self.external.on_change(lambda change: self.queue.add(change.key))
        self.secrets.on_change(self._secret_changed)
        for informer in self.stores:
            informer.on_change(partial(self._store_changed, judged, informer.kind))
        await reconcile_forever([self.external, self.secrets, *self.stores], self.queue, judged)

    def _secret_changed(self, change: Change) -> None:
        obj = change.new or change.old
        for reference in (obj or {"metadata": {}})["metadata"].get("ownerReferences") or ():
            if reference["kind"] == EXTERNAL_SECRET.kind:
                self.queue.add((change.key[0], reference["name"]))

    def _store_changed(self, judged: "WorkQueue[tuple[Kind, Key]]", kind: Kind, change: Change) -> None:
        judged.add((kind, change.key))
        before, after = (obj is not None and is_true(obj, "Ready") for obj in (change.old, change.new))
        if before != after:
            for obj in self.external:
                reference = obj["spec"].get("secretStoreRef") or {}
                if reference.get("name") == change.key[1]:
                    self.queue.add(key_of(obj))

    async def judge(self, target: tuple[Kind, Key]) -> float | None:
        """Validate one store: that it is well formed and that its credentials resolve, no more."""
        kind, (namespace, name) = target
        store = await self.api.find(kind, name, namespace)
        if store is None:
            return None
        try:
            configuration(store)
            await access(self.api, store, namespace or "default")
        except InvalidStore as error:
            verdict = condition("Ready", False, "InvalidStoreConfiguration", "unable to validate store")
            await self.recorder.event(store, WARNING, "InvalidStoreConfiguration", str(error))
        except StoreError as error:
            verdict = condition("Ready", False, "InvalidProviderConfig", "unable to validate store")
            await self.recorder.event(store, WARNING, "InvalidProviderConfig", str(error))
        else:
            verdict = condition("Ready", True, "Valid", "store validated")
            if not is_true(store, "Ready"):
                await self.recorder.event(store, NORMAL, "Valid", "store validated")
        conditions = merged((store.get("status") or {}).get("conditions"), [verdict], self._now())
        status = {"conditions": conditions, "capabilities": "ReadWrite"}
        if status != store.get("status"):
            await self.api.patch_status(kind, name, status, namespace)
        return STORE_SECONDS if verdict["status"] == "True" else RETRY_FIRST * 5

    async def sync(self, key: Key) -> float | None:
        """One pass over one ExternalSecret."""
        namespace, name = key
        obj = await self.api.find(EXTERNAL_SECRET, name, namespace)
        if obj is None or obj["metadata"].get("deletionTimestamp"):
            self.failures.pop(key, None)
            return None
        live = await self.api.find(SECRET, secret.target_name(obj), namespace)
        if not refresh.due(obj, live, self.clock.now()):
            return refresh.until_next(obj, self.clock.now())
        try:
            reason, message = await self._write(obj, live)
        except SyncFailed as failure:
            return await self._failed(obj, failure)
        self.failures.pop(key, None)
        obj = await self._report(obj, condition("Ready", True, reason, message), done=True)
        return refresh.until_next(obj, self.clock.now())

    async def _write(self, obj: Object, live: Object | None) -> tuple[str, str]:
        policy = secret.creation_policy(obj)
        values = await self._values(obj)
        if policy == "None":
            return "SecretSynced", "secret synced"
        if policy == "Merge" and live is None:
            return "SecretMissing", "secret will not be created due to CreationPolicy=Merge"
        if live is not None and secret.owned_by_another(live, obj):
            raise SyncFailed(TAKEN, f"{TAKEN}: {name_of(live)}")
        try:
            wanted = secret.desired(obj, values)
            if live is not None and live.get("type", "Opaque") != wanted["type"]:
                await self.api.delete(SECRET, name_of(live), namespace_of(live), uid=uid_of(live))
                live = None
            written = await self.api.apply(SECRET, wanted, manager=COMPONENT)
        except TemplateError as error:
            raise SyncFailed(UPDATE_FAILED, f"could not apply template: {error}") from error
        except Conflict:
            raise
        except ApiError as error:
            raise SyncFailed(UPDATE_FAILED, f"{UPDATE_FAILED}: {error}") from error
        if live is None:
            await self.recorder.event(obj, NORMAL, "Created", "secret created")
        elif live["metadata"].get("resourceVersion") != written["metadata"].get("resourceVersion"):
            await self.recorder.event(obj, NORMAL, "Updated", "secret updated")
        return "SecretSynced", "secret synced"

    async def _values(self, obj: Object) -> dict[str, str]:
        reference = obj["spec"].get("secretStoreRef") or {}
        kind = CLUSTER_SECRET_STORE if reference.get("kind") == CLUSTER_SECRET_STORE.kind else SECRET_STORE
        name = str(reference.get("name", ""))
        try:
            store = _usable(await self.api.find(kind, name, namespace_of(obj)), kind, name)
            credentials = await access(self.api, store, namespace_of(obj))
            return await fetch(obj["spec"], Parameters(self.client, self.endpoint, credentials))
        except (StoreError, DataError) as error:
            raise SyncFailed(FETCH_FAILED, str(error)) from error

    async def _failed(self, obj: Object, failure: SyncFailed) -> float:
        """Say what failed; the Secret and the time of the last success stay."""
        key = key_of(obj)
        await self.recorder.event(obj, WARNING, "UpdateFailed", failure.detail)
        await self._report(obj, condition("Ready", False, "SecretSyncedError", failure.summary), done=False)
        failures = self.failures.get(key, 0)
        self.failures[key] = min(failures + 1, 16)
        return float(min(RETRY_LAST, RETRY_FIRST * 2**failures))

    async def _report(self, obj: Object, verdict: Object, *, done: bool) -> Object:
        old = obj.get("status") or {}
        status: Object = {"conditions": merged(old.get("conditions"), [verdict], self._now())}
        if done:
            status["refreshTime"] = self._now()
            status["syncedResourceVersion"] = refresh.synced_version(obj)
            status["binding"] = {"name": secret.target_name(obj)}
        if all(old.get(name) == value for name, value in status.items()):
            return obj
        return await self.api.patch_status(EXTERNAL_SECRET, name_of(obj), status, namespace_of(obj))

    def _now(self) -> str:
        return rfc3339(self.clock.now())


def _usable(store: Object | None, kind: Kind, name: str) -> Object:
    if store is None:
        raise StoreError(
            f'could not get {kind.kind} "{name}", {kind.kind}.external-secrets.io "{name}" not found'
        )
    if find(store, "Ready") is not None and not is_true(store, "Ready"):
        raise StoreError(f"the desired {kind.kind} {name} is not ready")
    return store

"""The operator: its loops over stores and ExternalSecrets, and what wakes them."""

import asyncio
from functools import partial

import aiohttp

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.conditions import is_true
from simulator.controllers.errors import ApiError
from simulator.controllers.external_secrets import secret
from simulator.controllers.external_secrets.kinds import (
    CLUSTER_SECRET_STORE,
    EXTERNAL_SECRET,
    SECRET_STORE,
    Dialect,
    served,
)
from simulator.controllers.external_secrets.store import Held
from simulator.controllers.external_secrets.stores import Stores
from simulator.controllers.external_secrets.syncing import Syncing
from simulator.controllers.informer import Change, Informer, Key, key_of
from simulator.controllers.kinds import SECRET, Kind, Object, annotations_of, labels_of
from simulator.controllers.reconciling import reconcile_forever
from simulator.controllers.recorder import Recorder
from simulator.controllers.workqueue import WorkQueue

COMPONENT = "external-secrets"
DISCOVERY_SECONDS = 1.0


async def run(api: Api, clock: Clock, *, endpoint: str) -> None:
    """Reconcile until cancelled; `endpoint` is where Parameter Store answers, like AWS_SSM_ENDPOINT.

    Which version of its kinds is served is found out first, for as long as that takes.
    """
    async with aiohttp.ClientSession() as client:
        while True:
            try:
                dialect = await served(api)
            except ApiError:
                await asyncio.sleep(DISCOVERY_SECONDS)
            else:
                break
        await _Operator(api, clock, client, endpoint, dialect).run()


class _Operator:
    def __init__(
        self, api: Api, clock: Clock, client: aiohttp.ClientSession, endpoint: str, dialect: Dialect
    ) -> None:
        recorder = Recorder(api, clock, COMPONENT)
        self._clock = clock
        self._secrets = Informer(api, clock, SECRET)
        self._external = Informer(api, clock, dialect.of(EXTERNAL_SECRET))
        self._stores = {
            kind.kind: Informer(api, clock, dialect.of(kind)) for kind in (SECRET_STORE, CLUSTER_SECRET_STORE)
        }
        held = Held(api, self._secrets)
        stores = Stores(api, clock, dialect, recorder, self._stores, held)
        syncing = Syncing(api, clock, dialect, recorder, stores, client, endpoint, self._external, held)
        self._queue: WorkQueue[Key] = WorkQueue(clock, syncing.reconcile, name="externalsecret")
        self._judged: WorkQueue[tuple[Kind, Key]] = WorkQueue(clock, stores.judge, name="secretstore")

    async def run(self) -> None:
        self._external.on_change(self._external_changed)
        self._secrets.on_change(self._secret_changed)
        for informer in self._stores.values():
            informer.on_change(partial(self._store_changed, informer.kind))
        informers = [self._external, self._secrets, *self._stores.values()]
        await reconcile_forever(informers, self._queue, self._judged)

    def _external_changed(self, change: Change) -> None:
        if _concern(change.old) != _concern(change.new):
            self._queue.add(change.key)

    def _secret_changed(self, change: Change) -> None:
        for external in self._external.of(change.key[0]):
            if secret.target_name(external) == change.key[1]:
                self._queue.add(key_of(external))

    def _store_changed(self, kind: Kind, change: Change) -> None:
        if _concern(change.old) != _concern(change.new):
            self._judged.add((kind, change.key))
        before, after = (obj is not None and is_true(obj, "Ready") for obj in (change.old, change.new))
        if before != after:
            for obj in self._external:
                reference = obj["spec"].get("secretStoreRef") or {}
                if reference.get("name") == change.key[1]:
                    self._queue.add(key_of(obj))


def _concern(obj: Object | None) -> Object | None:
    """The part of an object whose change asks for another look; what the operator writes is left out."""
    if obj is None:
        return None
    metadata = obj["metadata"]
    return {
        "annotations": annotations_of(obj),
        "deleted": metadata.get("deletionTimestamp"),
        "labels": labels_of(obj),
        "spec": obj.get("spec"),
        "uid": metadata.get("uid"),
    }

"""Stores: validated as the operator does it, and handed to ExternalSecrets that may use them."""

from dataclasses import dataclass

from simulator.clock import Clock, rfc3339
from simulator.controllers.api import Api
from simulator.controllers.conditions import condition, find, is_true, merged
from simulator.controllers.external_secrets.kinds import CLUSTER_SECRET_STORE, Dialect
from simulator.controllers.external_secrets.store import (
    Held,
    InvalidStore,
    StoreError,
    access,
    configuration,
    serves,
)
from simulator.controllers.informer import Informer, Key
from simulator.controllers.kinds import NAMESPACE, Kind, Object, namespace_of
from simulator.controllers.recorder import NORMAL, WARNING, Recorder

CHECKED_AGAIN, RETRIED = 300.0, 5.0


@dataclass(frozen=True, slots=True)
class Stores:
    """Both kinds of stores, `seen` by kind."""

    api: Api
    clock: Clock
    dialect: Dialect
    recorder: Recorder
    seen: dict[str, Informer]
    held: Held

    async def judge(self, target: tuple[Kind, Key]) -> float | None:
        """Validate one store: that it is well formed and that its credentials resolve, no more."""
        kind, (namespace, name) = target
        store = self.seen[kind.kind].get(name, namespace)
        if store is None:
            return None
        try:
            configuration(store)
            await access(self.held, store, namespace or "default")
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
        now = rfc3339(self.clock.now())
        conditions = merged((store.get("status") or {}).get("conditions"), [verdict], now)
        status = {"conditions": conditions, "capabilities": "ReadWrite"}
        if status != store.get("status"):
            written = await self.api.patch_status(kind, name, status, namespace)
            self.seen[kind.kind].take_note(written)
        return CHECKED_AGAIN if verdict["status"] == "True" else RETRIED

    async def usable(self, external_secret: Object) -> Object:
        """The store an ExternalSecret names; raises StoreError."""
        reference = external_secret["spec"].get("secretStoreRef") or {}
        kind, name = str(reference.get("kind") or "SecretStore"), str(reference.get("name", ""))
        cluster_wide = kind == CLUSTER_SECRET_STORE.kind
        namespace = namespace_of(external_secret)
        store = self.seen[kind].get(name, "" if cluster_wide else namespace)
        if store is None:
            raise StoreError(f'could not get {kind} "{name}", {kind}.external-secrets.io "{name}" not found')
        if cluster_wide and store["spec"].get("conditions"):
            home = await self.api.find(NAMESPACE, namespace)
            if home is not None and not serves(store, home):
                text = f'using cluster store "{name}" is not allowed from namespace "{namespace}"'
                raise StoreError(f"{text}: denied by spec.condition")
        if find(store, "Ready") is not None and not is_true(store, "Ready"):
            raise StoreError(f"the desired {kind} {name} is not ready")
        return store

"""One pass over one ExternalSecret: fetch when it is due, write the Secret, say how it went."""

import base64
from dataclasses import dataclass, field

import aiohttp

from simulator.clock import Clock, rfc3339
from simulator.controllers.api import Api
from simulator.controllers.conditions import condition, merged
from simulator.controllers.errors import ApiError, Conflict, NotFound
from simulator.controllers.external_secrets import refresh, secret
from simulator.controllers.external_secrets.data import DataError, Fetched, fetch
from simulator.controllers.external_secrets.kinds import Dialect
from simulator.controllers.external_secrets.parameters import Parameters
from simulator.controllers.external_secrets.store import Held, StoreError, access
from simulator.controllers.external_secrets.stores import Stores
from simulator.controllers.external_secrets.template import TemplateError
from simulator.controllers.informer import Informer, Key, key_of
from simulator.controllers.kinds import CONFIG_MAP, SECRET, Object, labels_of, name_of, namespace_of, uid_of
from simulator.controllers.recorder import NORMAL, WARNING, Recorder

MANAGER = "external-secrets"
RETRY_FIRST, RETRY_LAST = 1.0, 60.0
FETCH_FAILED = "could not get secret data from provider"
UPDATE_FAILED = "could not update secret"
IMMUTABLE = "could not update secret, target is immutable"
NOT_OWNED = "failed to take ownership of target secret"
TAKEN = "target is owned by another ExternalSecret"
DELETE_FAILED = "could not delete secret"
ORPHANS_FAILED = "could not delete orphaned secrets"
ORPHANED = "secret deleted because it was orphaned"
DELETED = "secret deleted due to DeletionPolicy=Delete"
RETAINED = "secret retained due to DeletionPolicy=Retain"
NOT_CREATED = "secret will not be created due to CreationPolicy=Merge"

Verdict = tuple[str, str]
"""Reason and message of the condition Ready, which is True."""


class SyncFailed(Exception):
    """One pass did not succeed: the condition's general message and the Event's exact one.

    What is `settled` no repetition mends: the next pass is for what changes.
    """

    def __init__(self, summary: str, detail: str, *, settled: bool = False) -> None:
        super().__init__(detail)
        self.summary = summary
        self.detail = detail
        self.settled = settled


@dataclass(frozen=True, slots=True)
class Syncing:
    """Reconciles every ExternalSecret."""

    api: Api
    clock: Clock
    dialect: Dialect
    recorder: Recorder
    stores: Stores
    client: aiohttp.ClientSession
    endpoint: str
    external: Informer
    held: Held
    failures: dict[Key, int] = field(default_factory=dict)

    async def reconcile(self, key: Key) -> float | None:
        """One pass over one ExternalSecret."""
        namespace, name = key
        obj = self.external.get(name, namespace)
        if obj is None or obj["metadata"].get("deletionTimestamp"):
            self.failures.pop(key, None)
            return None
        live = self.held.seen.get(secret.target_name(obj), namespace)
        if not refresh.due(obj, live, self.clock.now()):
            return refresh.until_next(obj, self.clock.now())
        try:
            reason, message = await self._write(obj)
        except SyncFailed as failure:
            return await self._failed(obj, failure)
        self.failures.pop(key, None)
        obj = await self._report(obj, condition("Ready", True, reason, message), done=True)
        return refresh.until_next(obj, self.clock.now())

    async def _write(self, obj: Object) -> Verdict:
        fetched = await self._values(obj)
        for text in fetched.missing:
            await self.recorder.event(obj, NORMAL, "MissingProviderSecret", text)
        live = self.held.seen.get(secret.target_name(obj), namespace_of(obj))
        if not fetched.values and (ended := await self._nothing(obj, live)):
            return ended
        policy = secret.creation_policy(obj)
        if policy == "None":
            return "SecretSynced", self.dialect.synced
        if policy == "Merge" and live is None:
            return "SecretMissing", NOT_CREATED
        if live is not None:
            _may_write(obj, live)
        if policy == "Owner":
            await self._delete_orphans(obj)
        try:
            await self._apply(obj, live, fetched)
        except TemplateError as error:
            raise SyncFailed(UPDATE_FAILED, f"could not apply template: {error}") from error
        except Conflict:
            raise
        except ApiError as error:
            raise SyncFailed(UPDATE_FAILED, f"{UPDATE_FAILED}: {error}") from error
        return "SecretSynced", self.dialect.synced

    async def _nothing(self, obj: Object, live: Object | None) -> Verdict | None:
        """What the deletion policy says of a provider that has nothing; None goes on."""
        policy = secret.deletion_policy(obj)
        if policy == "Retain":
            return "SecretSynced", RETAINED
        if policy == "Merge":
            return None
        if secret.creation_policy(obj) != "Owner":
            creation = secret.creation_policy(obj)
            raise SyncFailed(
                DELETE_FAILED,
                f"unable to delete secret {secret.target_name(obj)}: creationPolicy={creation} is not Owner",
                settled=True,
            )
        if live is not None:
            self.held.seen.take_note(
                await self.api.delete(SECRET, name_of(live), namespace_of(live), uid=uid_of(live))
            )
            await self.recorder.event(obj, NORMAL, "Deleted", DELETED)
        return "SecretDeleted", DELETED

    async def _delete_orphans(self, obj: Object) -> None:
        """Delete what it wrote under a name that is not that of its target any more."""
        creator, target = secret.creator(obj), secret.target_name(obj)
        for each in self.held.seen.of(namespace_of(obj)):
            if labels_of(each).get(refresh.CREATED_BY) != creator or name_of(each) == target:
                continue
            try:
                self.held.seen.take_note(
                    await self.api.delete(SECRET, name_of(each), namespace_of(each), uid=uid_of(each))
                )
            except NotFound:
                continue
            except ApiError as error:
                raise SyncFailed(ORPHANS_FAILED, str(error)) from error
            await self.recorder.event(obj, NORMAL, "Deleted", ORPHANED)

    async def _apply(self, obj: Object, live: Object | None, fetched: Fetched) -> None:
        wanted = secret.desired(obj, fetched.values, await self._templates(obj))
        if live is not None and live.get("immutable"):
            if (live.get("data") or {}) != wanted["data"]:
                detail = f"unable to update secret {name_of(live)}: secret is immutable"
                raise SyncFailed(IMMUTABLE, detail, settled=True)
            return
        if live is not None and live.get("type", "Opaque") != wanted["type"]:
            await self.api.delete(SECRET, name_of(live), namespace_of(live), uid=uid_of(live))
            live = None
        written = self.held.seen.take_note(await self.api.apply(SECRET, wanted, manager=MANAGER))
        if live is None:
            await self.recorder.event(obj, NORMAL, "Created", "secret created")
        elif live["metadata"].get("resourceVersion") != written["metadata"].get("resourceVersion"):
            await self.recorder.event(obj, NORMAL, "Updated", "secret updated")

    async def _templates(self, obj: Object) -> list[str]:
        """The texts of `templateFrom`, in its order; raises TemplateError."""
        texts: list[str] = []
        template = secret.target(obj).get("template") or {}
        for source in template.get("templateFrom") or ():
            if "literal" in source:
                texts.append(str(source["literal"]))
            for field_name, kind in (("configMap", CONFIG_MAP), ("secret", SECRET)):
                if field_name not in source:
                    continue
                name = str(source[field_name]["name"])
                held = await self.api.find(kind, name, namespace_of(obj))
                data = (held or {}).get("data") or {}
                for item in source[field_name].get("items") or ():
                    if item["key"] not in data:
                        raise TemplateError(f"could not find key {item['key']} in {kind.kind} {name}")
                    text = str(data[item["key"]])
                    texts.append(text if kind is CONFIG_MAP else base64.b64decode(text).decode())
        return texts

    async def _values(self, obj: Object) -> Fetched:
        try:
            store = await self.stores.usable(obj)
            credentials = await access(self.held, store, namespace_of(obj))
            source = Parameters(self.client, self.endpoint, credentials)
            return await fetch(obj["spec"], source, self.dialect)
        except (StoreError, DataError) as error:
            raise SyncFailed(FETCH_FAILED, str(error)) from error

    async def _failed(self, obj: Object, failure: SyncFailed) -> float | None:
        """Say what failed; the Secret and the time of the last success stay."""
        key = key_of(obj)
        await self.recorder.event(obj, WARNING, "UpdateFailed", failure.detail)
        await self._report(obj, condition("Ready", False, "SecretSyncedError", failure.summary), done=False)
        if failure.settled:
            return None
        failures = self.failures.get(key, 0)
        self.failures[key] = min(failures + 1, 16)
        return float(min(RETRY_LAST, RETRY_FIRST * 2**failures))

    async def _report(self, obj: Object, verdict: Object, *, done: bool) -> Object:
        old = obj.get("status") or {}
        now = rfc3339(self.clock.now())
        status: Object = {"conditions": merged(old.get("conditions"), [verdict], now)}
        if done:
            status["refreshTime"] = now
            status["syncedResourceVersion"] = refresh.synced_version(obj)
            status["binding"] = {"name": secret.target_name(obj)}
        if all(old.get(name) == value for name, value in status.items()):
            return obj
        kind = self.external.kind
        written = await self.api.patch_status(kind, name_of(obj), status, namespace_of(obj))
        return self.external.take_note(written)


def _may_write(obj: Object, live: Object) -> None:
    """Raises SyncFailed where the Secret is somebody else's."""
    if secret.owned_by_another(live, obj):
        raise SyncFailed(TAKEN, f"{TAKEN}: {secret.controller(live)['name']}", settled=True)
    if secret.creation_policy(obj) == "Owner" and secret.owned_by_others(live, obj):
        owner = secret.controller(live)
        cause = f"Object {namespace_of(live)}/{name_of(live)} is already owned by another"
        detail = f"could not set controller reference on secret: {cause}"
        raise SyncFailed(NOT_OWNED, f"{detail} {owner['kind']} controller {owner['name']}", settled=True)

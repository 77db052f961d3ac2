"""When an ExternalSecret is fetched again, and how its Secret is known to be untouched."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from simulator.controllers import times
from simulator.controllers.kinds import Object, annotations_of, labels_of

DATA_HASH = "reconcile.external-secrets.io/data-hash"
MANAGED = "reconcile.external-secrets.io/managed"
CREATED_BY = "reconcile.external-secrets.io/created-by"
DEFAULT_INTERVAL = "1h0m0s"


def interval(external_secret: Object) -> float:
    """Simulated seconds between fetches; 0 means fetched once."""
    return times.seconds(str(external_secret["spec"].get("refreshInterval", DEFAULT_INTERVAL)))


def synced_version(external_secret: Object) -> str:
    """What status.syncedResourceVersion is compared with: generation, and hash of labels and annotations."""
    marks = {"annotations": annotations_of(external_secret), "labels": labels_of(external_secret)}
    digest = hashlib.sha3_224(json.dumps(marks, sort_keys=True).encode()).hexdigest()
    return f"{external_secret['metadata'].get('generation', 0)}-{digest}"


def data_hash(data: Mapping[str, str]) -> str:
    """The hash of a Secret's encoded data, by which a change made by another hand is found."""
    return hashlib.sha3_224(json.dumps(dict(data), sort_keys=True).encode()).hexdigest()


def due(external_secret: Object, secret: Object | None, now: datetime) -> bool:
    """Whether the provider has to be asked now."""
    policy = external_secret["spec"].get("refreshPolicy", "Periodic")
    status = external_secret.get("status") or {}
    synced = status.get("syncedResourceVersion", "")
    last = times.moment(status.get("refreshTime"))
    if not synced or last is None or not intact(external_secret, secret):
        return True
    if policy == "CreatedOnce":
        return False
    changed = synced != synced_version(external_secret)
    if policy == "OnChange":
        return bool(changed)
    every = interval(external_secret)
    if every <= 0:
        return False
    age: float = (now - last).total_seconds()
    return bool(changed or not 0 <= age < every)


def intact(external_secret: Object, secret: Object | None) -> bool:
    """Whether the Secret is there and as it was written; other hands' keys are expected with policy Merge."""
    target = external_secret["spec"].get("target") or {}
    policy = str(target.get("creationPolicy", "Owner"))
    if policy == "None":
        return True
    if secret is None:
        return policy == "Merge"
    hashed = annotations_of(secret).get(DATA_HASH) == data_hash(secret.get("data") or {})
    return policy == "Merge" or (hashed and labels_of(secret).get(MANAGED) == "true")


def until_next(external_secret: Object, now: datetime) -> float | None:
    """Simulated seconds until the next periodic fetch; None when there is none."""
    if external_secret["spec"].get("refreshPolicy", "Periodic") != "Periodic":
        return None
    every = interval(external_secret)
    last = times.moment((external_secret.get("status") or {}).get("refreshTime"))
    if every <= 0:
        return None
    if last is None:
        return every
    left: float = every - (now - last).total_seconds()
    return max(0.1, left)

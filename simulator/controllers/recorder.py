"""Events about objects; a repetition raises the count of the first instead of adding another."""

import hashlib
import logging

from simulator.clock import Clock, rfc3339
from simulator.controllers.api import Api
from simulator.controllers.errors import ApiError, NotFound
from simulator.controllers.kinds import EVENT, Object, name_of, namespace_of, uid_of

NORMAL, WARNING = "Normal", "Warning"
LONGEST_MESSAGE = 1024

_LOG = logging.getLogger(__name__)


class Recorder:
    """Writes events as one component; an event that cannot be written is dropped, as the real ones are."""

    def __init__(self, api: Api, clock: Clock, component: str, host: str = "") -> None:
        self._api = api
        self._clock = clock
        self._source = {"component": component, "host": host} if host else {"component": component}
        self._counts: dict[str, int] = {}

    async def event(self, about: Object, kind: str, reason: str, message: str, *, field: str = "") -> None:
        """Record that `reason` happened to `about`; `field` is its fieldPath, such as a container's."""
        message = message[:LONGEST_MESSAGE]
        identity = "\0".join((uid_of(about), kind, reason, message, field, self._source["component"]))
        name = f"{name_of(about)}.{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
        namespace = namespace_of(about) or "default"
        try:
            await self._write(
                about, name, namespace, field, {"type": kind, "reason": reason, "message": message}
            )
        except ApiError as error:
            _LOG.debug("event %s about %s not recorded: %s", reason, name_of(about), error)

    async def _write(self, about: Object, name: str, namespace: str, field: str, body: Object) -> None:
        now = rfc3339(self._clock.now())
        count = self._counts.get(name, 0) + 1
        self._counts[name] = count
        if count > 1:
            try:
                await self._api.merge_patch(EVENT, name, {"count": count, "lastTimestamp": now}, namespace)
            except NotFound:
                self._counts[name] = count = 1
            else:
                return
        reference = {
            "apiVersion": about.get("apiVersion", ""),
            "kind": about.get("kind", ""),
            "name": name_of(about),
            "namespace": namespace_of(about),
            "uid": uid_of(about),
            "resourceVersion": about["metadata"].get("resourceVersion", ""),
            "fieldPath": field,
        }
        event = body | {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": {key: value for key, value in reference.items() if value},
            "source": self._source,
            "reportingComponent": self._source["component"],
            "reportingInstance": self._source.get("host", ""),
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        await self._api.create(EVENT, event)

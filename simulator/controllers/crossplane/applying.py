"""Apply what is wanted, unless that was done already and the object still says so."""

import base64
from dataclasses import dataclass, field
from typing import Any

from simulator.controllers.api import Api
from simulator.controllers.kinds import Kind, Object, name_of, namespace_of

Identity = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Applied:
    """What this controller applied last, by object."""

    api: Api
    manager: str
    _last: dict[Identity, Object] = field(default_factory=dict)

    async def apply(self, kind: Kind, wanted: Object, live: Object | None) -> Object:
        """The object as it is now; `live` is how it was last seen."""
        identity = (kind.group, kind.kind, kind.version, namespace_of(wanted), name_of(wanted))
        if live is not None and self._last.get(identity) == wanted and _holds(live, _stored(wanted)):
            return live
        applied = await self.api.apply(kind, wanted, manager=self.manager)
        self._last[identity] = wanted
        return applied

    def forget(self, kind: Kind, name: str, namespace: str = "") -> None:
        """The object is not this controller's any more."""
        self._last.pop((kind.group, kind.kind, kind.version, namespace, name), None)


def _stored(wanted: Object) -> Object:
    """As the API server stores it: the texts of a Secret are found among its data."""
    if wanted.get("kind") != "Secret" or not wanted.get("stringData"):
        return wanted
    texts = {key: base64.b64encode(str(text).encode()).decode() for key, text in wanted["stringData"].items()}
    kept = {key: value for key, value in wanted.items() if key != "stringData"}
    return {**kept, "data": {**(wanted.get("data") or {}), **texts}}


def _holds(live: Any, wanted: Any) -> bool:
    """Whether everything wanted is so; of lists, item by item."""
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(_holds(live.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        same = isinstance(live, list) and len(live) == len(wanted)
        return same and all(_holds(has, value) for has, value in zip(live, wanted, strict=True))
    return bool(live == wanted)

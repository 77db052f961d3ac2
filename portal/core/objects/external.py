"""External Secrets: ExternalSecret and its stores, in any served version."""

import re
from dataclasses import dataclass

from portal.core.cluster import KubeObject
from portal.core.objects.meta import Condition, Meta, conditions_of, mappings, meta_of, moment, text

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
DEFAULT_REFRESH = 3600.0
_NOT_PERIODIC = frozenset({"CreatedOnce", "OnChange"})


@dataclass(frozen=True, slots=True)
class ExternalSecret:
    """One ExternalSecret: `keys` maps each key of the Secret to the parameter it is read from;
    `refresh_seconds` is 0 where it is not refreshed by time.
    """

    meta: Meta
    store: str = ""
    target: str = ""
    keys: tuple[tuple[str, str], ...] = ()
    store_kind: str = "ClusterSecretStore"
    refresh_seconds: float = DEFAULT_REFRESH
    refreshed_at: float | None = None
    conditions: tuple[Condition, ...] = ()

    @classmethod
    def of(cls, item: KubeObject) -> "ExternalSecret":
        """Read one raw ExternalSecret."""
        meta = meta_of(item, kind="ExternalSecret")
        return cls(
            meta=meta,
            store=text(item, "spec", "secretStoreRef", "name"),
            target=text(item, "spec", "target", "name") or meta.name,
            keys=tuple(
                (text(row, "secretKey"), text(row, "remoteRef", "key"))
                for row in mappings(item, "spec", "data")
            ),
            store_kind=text(item, "spec", "secretStoreRef", "kind") or "SecretStore",
            refresh_seconds=0.0
            if text(item, "spec", "refreshPolicy") in _NOT_PERIODIC
            else seconds_of(text(item, "spec", "refreshInterval")),
            refreshed_at=moment(item, "status", "refreshTime"),
            conditions=conditions_of(item),
        )


@dataclass(frozen=True, slots=True)
class Store:
    """A SecretStore or ClusterSecretStore."""

    meta: Meta
    conditions: tuple[Condition, ...] = ()

    @classmethod
    def of(cls, item: KubeObject) -> "Store":
        """Read one raw store."""
        return cls(meta_of(item, kind="ClusterSecretStore"), conditions_of(item))


def seconds_of(written: str) -> float:
    """Seconds of a Go duration such as `1h0m0s`; the operator's default where none is written."""
    if not written:
        return DEFAULT_REFRESH
    return sum(float(amount) * _UNITS[unit] for amount, unit in _DURATION.findall(written))

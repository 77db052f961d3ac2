"""Objects the portal needs only a few fields of: Event, Secret metadata, Service, PVC, Namespace."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from sys import intern

from portal.core.cluster import KubeObject
from portal.core.objects.meta import Meta, dig, mappings, meta_of, moment, number, text

_DATA = ("f:data", "f:stringData")


@dataclass(frozen=True, slots=True)
class Event:
    """One Warning about an object."""

    meta: Meta
    about_kind: str
    about_name: str
    reason: str
    message: str
    count: int = 1
    last_at: float | None = None

    @classmethod
    def of(cls, item: KubeObject) -> "Event":
        """Read one raw Event of either API group."""
        about = dig(item, "involvedObject") or dig(item, "regarding")
        last = moment(item, "lastTimestamp") or moment(item, "series", "lastObservedTime")
        return cls(
            meta=meta_of(item, kind="Event"),
            about_kind=text(about, "kind"),
            about_name=text(about, "name"),
            reason=text(item, "reason"),
            message=text(item, "message") or text(item, "note"),
            count=number(item, "count", default=1),
            last_at=last or moment(item, "eventTime") or moment(item, "metadata", "creationTimestamp"),
        )


@dataclass(frozen=True, slots=True)
class SecretMeta:
    """A Secret without its data; `changed_at` is the last write of its data, None where not recorded; `keys`
    are those its writers recorded, empty where none did.
    """

    meta: Meta
    changed_at: float | None = None
    keys: frozenset[str] = frozenset()

    @classmethod
    def of(cls, item: KubeObject) -> "SecretMeta":
        """Read one Secret's metadata. Writers that own the data win over writers of labels."""
        written = list(mappings(item, "metadata", "managedFields"))
        data = [row for row in written if _owns_data(row)]
        times = [found for row in data or written if (found := moment(row, "time")) is not None]
        keys = {name for row in data for part in _DATA for name in _fields(row, part)}
        return cls(meta_of(item, kind="Secret"), max(times) if times else None, frozenset(keys))


@dataclass(frozen=True, slots=True)
class Service:
    """A Service; a LoadBalancer without an ingress is not reachable yet."""

    meta: Meta
    type: str = "ClusterIP"
    balanced: bool = False

    @classmethod
    def of(cls, item: KubeObject) -> "Service":
        """Read one raw Service."""
        balanced = any(True for _ in mappings(item, "status", "loadBalancer", "ingress"))
        return cls(meta_of(item, kind="Service"), text(item, "spec", "type") or "ClusterIP", balanced)


@dataclass(frozen=True, slots=True)
class VolumeClaim:
    """A PersistentVolumeClaim."""

    meta: Meta
    phase: str = ""

    @classmethod
    def of(cls, item: KubeObject) -> "VolumeClaim":
        """Read one raw PersistentVolumeClaim."""
        return cls(meta_of(item, kind="PersistentVolumeClaim"), text(item, "status", "phase"))


@dataclass(frozen=True, slots=True)
class Namespace:
    """A Namespace."""

    meta: Meta
    phase: str = "Active"

    @classmethod
    def of(cls, item: KubeObject) -> "Namespace":
        """Read one raw Namespace."""
        return cls(meta_of(item, kind="Namespace"), text(item, "status", "phase") or "Active")


def _fields(row: Mapping[str, object], part: str) -> Iterator[str]:
    """Names of the fields that a writer owns within a part of the object."""
    owned = dig(row, "fieldsV1", part)
    for name in owned if isinstance(owned, Mapping) else ():
        if name.startswith("f:"):
            yield intern(name[2:])


def _owns_data(row: Mapping[str, object]) -> bool:
    fields = dig(row, "fieldsV1")
    return isinstance(fields, Mapping) and ("f:data" in fields or "f:stringData" in fields)

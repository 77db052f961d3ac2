"""Crossplane's chain: claim, composite resource (XR) and composed objects, read by one shape."""

from collections.abc import Iterator
from dataclasses import dataclass

from portal.core.cluster import KubeObject
from portal.core.objects.meta import Condition, Meta, conditions_of, dig, mappings, meta_of, text


@dataclass(frozen=True, slots=True)
class Reference:
    """A link down the chain."""

    api_version: str
    kind: str
    name: str

    @property
    def group(self) -> str:
        """API group, "" for the core group."""
        return self.api_version.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Composite:
    """A claim, an XR or a composed resource; `role` is its composition-resource-name, `yields` the name and
    the keys of the Secret that a composed Object writes.
    """

    meta: Meta
    references: tuple[Reference, ...] = ()
    claim: tuple[str, str] = ("", "")
    conditions: tuple[Condition, ...] = ()
    role: str = ""
    yields: tuple[str, tuple[str, ...]] = ("", ())

    @classmethod
    def of(cls, item: KubeObject) -> "Composite":
        """Read one raw object of any Crossplane generation."""
        meta = meta_of(item)
        return cls(
            meta=meta,
            references=tuple(_references(item)),
            claim=_claim(item, meta),
            conditions=conditions_of(item),
            role=text(item, "metadata", "annotations", "crossplane.io/composition-resource-name"),
            yields=_yields(dig(item, "spec", "forProvider", "manifest")),
        )

    def __str__(self) -> str:
        return f"{self.meta.kind}/{self.meta.name}"


def _yields(manifest: object) -> tuple[str, tuple[str, ...]]:
    """Names only: what a manifest holds of values stays where it was read."""
    if text(manifest, "kind") != "Secret":
        return ("", ())
    keys = {key for part in ("data", "stringData") for key in (dig(manifest, part) or ())}
    return (text(manifest, "metadata", "name"), tuple(sorted(keys)))


def _references(item: KubeObject) -> Iterator[Reference]:
    single = dig(item, "spec", "resourceRef")
    rows = [single] if single is not None else []
    rows += mappings(item, "spec", "resourceRefs")
    rows += mappings(item, "spec", "crossplane", "resourceRefs")
    for row in rows:
        if text(row, "name"):
            yield Reference(text(row, "apiVersion"), text(row, "kind"), text(row, "name"))


def _claim(item: KubeObject, meta: Meta) -> tuple[str, str]:
    """Namespace and name of the claim an XR or composed object serves, from its claimRef or labels."""
    namespace = text(item, "spec", "claimRef", "namespace") or meta.labels.get(
        "crossplane.io/claim-namespace", ""
    )
    name = text(item, "spec", "claimRef", "name") or meta.labels.get("crossplane.io/claim-name", "")
    return (namespace, name)

"""The served kinds of Crossplane and its provider, and the kinds a definition brings."""

from simulator.controllers.kinds import Kind, Object

API = "apiextensions.crossplane.io"
DEFINITION = Kind(API, "v1", "CompositeResourceDefinition", "compositeresourcedefinitions", namespaced=False)
COMPOSITION = Kind(API, "v1", "Composition", "compositions", namespaced=False)
OBJECT = Kind("kubernetes.crossplane.io", "v1alpha2", "Object", "objects", namespaced=False)
PROVIDER_CONFIG = Kind(
    "kubernetes.crossplane.io", "v1alpha1", "ProviderConfig", "providerconfigs", namespaced=False
)

CLAIM_NAME = "crossplane.io/claim-name"
CLAIM_NAMESPACE = "crossplane.io/claim-namespace"
COMPOSITE = "crossplane.io/composite"
RESOURCE_NAME = "crossplane.io/composition-resource-name"


def referenceable(definition: Object) -> str:
    """The version composites are read and written in."""
    versions = definition["spec"]["versions"]
    return str(next((v["name"] for v in versions if v.get("referenceable")), versions[0]["name"]))


def composite_kind(definition: Object) -> Kind:
    spec = definition["spec"]
    names = spec["names"]
    return Kind(spec["group"], referenceable(definition), names["kind"], names["plural"], namespaced=False)


def claim_kind(definition: Object) -> Kind | None:
    """None for a definition that offers no claim."""
    spec = definition["spec"]
    names = spec.get("claimNames")
    if not names:
        return None
    return Kind(spec["group"], referenceable(definition), names["kind"], names["plural"], namespaced=True)

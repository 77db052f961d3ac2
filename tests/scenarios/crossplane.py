"""What Crossplane and its provider say: claims that wait, and why."""

from tests.scenarios.manifests import claim, named
from tests.scenarios.model import (
    Allow,
    Apply,
    Condition,
    Deny,
    Each,
    Event,
    Gone,
    Patch,
    Rung,
    Scenario,
    Still,
)

CLAIM, COMPOSITE, OBJECT = (
    "DragonflyInstance/${ns}-cache",
    "XDragonflyInstance/${ns}-cache-…",
    "Object/${ns}-cache-…",
)
WAITING = Condition(
    CLAIM, "Ready", "False", "Waiting", "Claim is waiting for composite resource to become Ready"
)
READY = Condition(CLAIM, "Ready", "True", "Available")
PAUSED = "Reconciliation (including deletion) is paused via the pause annotation"
_LIMITED = {"compositionSelector": {"matchLabels": {"of": "${ns}"}}}


def _composition(config: str) -> dict[str, object]:
    """Composes one ConfigMap by a ProviderConfig of that name."""
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "composed", "namespace": "${ns}"},
    }
    base = {
        "apiVersion": "kubernetes.crossplane.io/v1alpha2",
        "kind": "Object",
        "spec": {"providerConfigRef": {"name": config}, "forProvider": {"manifest": manifest}},
    }
    kind = {"apiVersion": "cache.bizmatters.io/v1alpha1", "kind": "XDragonflyInstance"}
    spec = {"compositeTypeRef": kind, "mode": "Resources", "resources": [{"name": "settings", "base": base}]}
    return named(
        "Composition",
        "apiextensions.crossplane.io/v1",
        "${ns}",
        metadata={"labels": {"of": "${ns}"}},
        spec=spec,
    )


ALL = (
    Scenario(
        "claim-comes-up",
        Rung.CLAIM,
        "what a claim says while all is well",
        (Apply([claim()]),),
        (
            Event(CLAIM, "BindCompositeResource", "Successfully bound composite resource", "Normal"),
            Event(COMPOSITE, "SelectComposition", "Selected composition: dragonfly-instance", "Normal"),
            Condition(
                COMPOSITE,
                "Ready",
                "False",
                "Creating",
                "Unready resources: connection-secret, dragonfly-service, dragonfly-statefulset, and 1 more",
            ),
            Condition(CLAIM, "Synced", "True", "ReconcileSuccess"),
            Event(
                OBJECT,
                "CreatedExternalResource",
                "Successfully requested creation of external resource",
                "Normal",
            ),
            Condition(OBJECT, "Ready", "True", "Available"),
            Condition(COMPOSITE, "Ready", "True", "Available"),
            Still("Secret/${ns}-cache-conn", "type", "Opaque"),
            READY,
        ),
    ),
    Scenario(
        "no-composition",
        Rung.CLAIM,
        "the claim waits, and nothing is composed",
        (Apply([claim(**_LIMITED)]),),
        (
            Each(
                [
                    Condition(
                        COMPOSITE,
                        "Synced",
                        "False",
                        "ReconcileError",
                        "cannot select Composition: no compatible Compositions found",
                    ),
                    Event(
                        COMPOSITE,
                        "SelectComposition",
                        "cannot select Composition: no compatible Compositions found",
                    ),
                    WAITING,
                ]
            ),
        ),
        (Apply([_composition("kubernetes-provider")]),),
        (Condition(COMPOSITE, "Synced", "True", "ReconcileSuccess"), READY),
    ),
    Scenario(
        "no-provider-config",
        Rung.CLAIM,
        "the provider was not configured",
        (Apply([_composition("${ns}"), claim(**_LIMITED)]),),
        (
            Each(
                [
                    WAITING,
                    Condition(COMPOSITE, "Ready", "False", "Creating", "Unready resources: settings"),
                    Event(
                        OBJECT,
                        "CannotCreateExternalResource",
                        'connect failed: cannot get referenced ProviderConfig: ProviderConfig.kubernetes.crossplane.io "${ns}" not found',
                    ),
                ]
            ),
            Condition(
                OBJECT,
                "Synced",
                "False",
                "ReconcileError",
                "connect failed: cannot get referenced ProviderConfig: …",
            ),
        ),
        (
            Apply(
                [
                    named(
                        "ProviderConfig",
                        "kubernetes.crossplane.io/v1alpha1",
                        "${ns}",
                        spec={"credentials": {"source": "InjectedIdentity"}},
                    )
                ]
            ),
        ),
        (Condition(OBJECT, "Synced", "True", "ReconcileSuccess"), READY),
    ),
    Scenario(
        "provider-forbidden",
        Rung.CLAIM,
        "the provider may not make what the claim needs",
        (Deny("crossplane", "statefulsets"), Apply([claim()])),
        (
            Each(
                [
                    WAITING,
                    Condition(
                        COMPOSITE, "Ready", "False", "Creating", "Unready resources: dragonfly-statefulset"
                    ),
                    Event(
                        OBJECT,
                        "CannotCreateExternalResource",
                        'create failed: cannot create object: statefulsets.apps "${ns}-cache" is forbidden: …',
                    ),
                ]
            ),
            Condition(
                OBJECT,
                "Synced",
                "False",
                "ReconcileError",
                "create failed: cannot create object: …is forbidden…",
            ),
        ),
        (Allow(),),
        (READY,),
    ),
    Scenario(
        "paused-claim",
        Rung.CLAIM,
        "somebody paused it and forgot",
        (
            Apply(
                [
                    {
                        **claim(),
                        "metadata": {"name": "${ns}-cache", "annotations": {"crossplane.io/paused": "true"}},
                    }
                ]
            ),
        ),
        (
            Event(CLAIM, "ReconciliationPaused", PAUSED, "Normal"),
            Condition(CLAIM, "Synced", "False", "ReconcilePaused", PAUSED),
            Gone("Secret/${ns}-cache-conn"),
        ),
        (Patch(CLAIM, {"metadata": {"annotations": {"crossplane.io/paused": None}}}),),
        (Condition(CLAIM, "Synced", "True", "ReconcileSuccess"), READY),
    ),
)

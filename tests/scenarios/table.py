"""All scenarios."""

from tests.scenarios import argocd, crossplane, first_sync, operations, pods, rollouts, secrets, stale

SCENARIOS = (
    *argocd.ALL,
    *operations.ALL,
    *secrets.ALL,
    *crossplane.ALL,
    *pods.ALL,
    *rollouts.ALL,
    *first_sync.ALL,
    *stale.ALL,
)

"""All scenarios."""

from tests.scenarios import argocd, crossplane, first_sync, pods, secrets, stale

SCENARIOS = (*argocd.ALL, *secrets.ALL, *crossplane.ALL, *pods.ALL, *first_sync.ALL, *stale.ALL)

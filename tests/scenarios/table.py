"""All scenarios."""

from tests.scenarios import argocd, crossplane, pods, secrets

SCENARIOS = (*argocd.ALL, *secrets.ALL, *crossplane.ALL, *pods.ALL)

"""The credentials of one run, each minted for one caller; none of them opens anything outside the run."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.kube.access.identity import Identity

PORTAL = "portal"
PERSON = "person"
ARGOCD = "argocd"
EXTERNAL_SECRETS = "external-secrets"
CROSSPLANE = "crossplane"
WORKLOADS = "workloads"
KUBELET = "kubelet"
VIEWER = "viewer"
"""The portal of a person on call, with the rights of `viewer.yaml` and `viewer.json`."""
PLATFORM = "platform"
"""Who applies the platform to the cluster when a world comes up."""
ADMIN = "admin"
"""Who may do everything in AWS: the world itself, and who looks into it."""

CLUSTER_CALLERS = (PORTAL, VIEWER, PLATFORM, ARGOCD, EXTERNAL_SECRETS, CROSSPLANE, WORKLOADS, KUBELET)


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An AWS access key; the id decides whose calls carry it."""

    id: str = field(default_factory=lambda: "LKIA" + secrets.token_hex(8).upper())
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(30), repr=False)


@dataclass(frozen=True, slots=True)
class Minted:
    """256-bit tokens, drawn anew for every run whatever its seed."""

    neon_key: str = field(default_factory=lambda: f"simneon_{secrets.token_urlsafe(32)}", repr=False)
    neon_personal_key: str = field(default_factory=lambda: f"simneon_{secrets.token_urlsafe(32)}", repr=False)
    control_token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    portal_key: AccessKey = field(default_factory=AccessKey)
    breakglass_key: AccessKey = field(default_factory=AccessKey)
    viewer_key: AccessKey = field(default_factory=AccessKey)
    external_secrets_key: AccessKey = field(default_factory=AccessKey)
    admin_key: AccessKey = field(default_factory=AccessKey)
    hetzner_key: AccessKey = field(default_factory=AccessKey)
    cluster_tokens: dict[str, str] = field(
        default_factory=lambda: {caller: secrets.token_urlsafe(32) for caller in CLUSTER_CALLERS}, repr=False
    )

    def neon_callers(self) -> dict[str, str]:
        return {self.neon_key: PORTAL}

    def neon_people(self) -> dict[str, str]:
        """The key of the one user Neon knows, which may do what an organization's may not."""
        return {self.neon_personal_key: PERSON}

    def aws_callers(self) -> dict[str, str]:
        return {
            self.portal_key.id: PORTAL,
            self.breakglass_key.id: PORTAL,
            self.viewer_key.id: VIEWER,
            self.external_secrets_key.id: EXTERNAL_SECRETS,
            self.admin_key.id: ADMIN,
        }

    def hetzner_callers(self) -> dict[str, str]:
        return {self.hetzner_key.id: PORTAL}

    def cluster_callers(self, *, roles: bool) -> dict[str, str]:
        """By token; a viewer only where the cluster behind it knows callers by their roles."""
        return {token: caller for caller, token in self.cluster_tokens.items() if roles or caller != VIEWER}


def identities(tokens: Mapping[str, str]) -> dict[str, Identity]:
    """Whom the API server sees behind each caller's token; all of them but a viewer may do everything."""
    return {
        token: Identity(
            _USERS[caller],
            ("portal-viewers" if caller == VIEWER else "system:masters", "system:authenticated"),
        )
        for caller, token in tokens.items()
    }


_USERS = {
    PORTAL: "portal",
    VIEWER: "viewer",
    PLATFORM: "platform-bootstrap",
    ARGOCD: "system:serviceaccount:argocd:argocd-application-controller",
    EXTERNAL_SECRETS: "system:serviceaccount:external-secrets:external-secrets",
    CROSSPLANE: "system:serviceaccount:crossplane-system:crossplane",
    WORKLOADS: "system:kube-controller-manager",
    KUBELET: "system:node:rehearsal",
}

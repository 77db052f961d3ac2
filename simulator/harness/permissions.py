"""What each caller of AWS may do: the policies of `manifests/iam`, attached as on the platform."""

from collections.abc import Mapping

from simulator.harness.manifests import manifests
from simulator.harness.minted import ADMIN, EXTERNAL_SECRETS, PORTAL, VIEWER, AccessKey, Minted
from simulator.ssm.access.policy import EVERYTHING, Policy, parse
from simulator.ssm.access.principals import Credential, Principal
from simulator.ssm.account import ACCOUNT

_SESSION = "rehearsal"
BREAKGLASS = "breakglass"
"""The portal where it takes tenants down."""
_ATTACHED = {
    PORTAL: ("onboarder", "initialiser", "storage"),
    BREAKGLASS: ("offboarder",),
    VIEWER: ("viewer",),
    EXTERNAL_SECRETS: ("external-secrets",),
}


def credentials(minted: Minted, environment: str) -> dict[str, Credential]:
    """By access key id. The administrator, the world itself, does everything and is not counted."""
    keys: Mapping[str, AccessKey] = {
        PORTAL: minted.portal_key,
        BREAKGLASS: minted.breakglass_key,
        VIEWER: minted.viewer_key,
        EXTERNAL_SECRETS: minted.external_secrets_key,
    }
    found = {
        key.id: Credential(key.secret, Principal(_arn(caller), _attached(caller, environment)))
        for caller, key in keys.items()
    }
    admin = Principal(_arn(ADMIN), (EVERYTHING,), counted=False)
    return {**found, minted.admin_key.id: Credential(minted.admin_key.secret, admin)}


def hetzner_credentials(minted: Minted) -> dict[str, Credential]:
    """By access key id; a key of Hetzner opens every bucket of its project."""
    key = minted.hetzner_key
    return {key.id: Credential(key.secret, Principal("zerotouch", (EVERYTHING,)))}


def _arn(caller: str) -> str:
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/zerotouch-{caller}/{_SESSION}"


def _attached(caller: str, environment: str) -> tuple[Policy, ...]:
    values = {"environment": environment}
    folder = manifests() / "iam"
    return tuple(parse((folder / f"{name}.json").read_text(), values) for name in _ATTACHED[caller])

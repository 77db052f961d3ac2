"""The files by which clients find a world: kubeconfig, AWS configuration, the Neon key; all 0600."""

import base64
from collections.abc import Mapping
from pathlib import Path

import yaml

from simulator.backends.certificates import Certificate
from simulator.harness.minted import PORTAL, AccessKey
from simulator.harness.rundir import write_private

CONTEXT = "rehearsal"
REGION = "ap-south-1"
HETZNER, HETZNER_REGION = "hetzner", "fsn1"


def token_user(token: str) -> dict[str, str]:
    """A kubeconfig's user who is known by a token."""
    return {"token": token}


def certificate_user(certificate: Certificate) -> dict[str, str]:
    """A kubeconfig's user who is known by a client certificate, which stands inside with its key."""
    return {"client-certificate-data": _inline(certificate.cert), "client-key-data": _inline(certificate.key)}


def _inline(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()


def write_kubeconfig(path: Path, server: str, ca_file: Path, user: Mapping[str, str]) -> None:
    """One cluster, one user, one context; the certificate authority stands inside."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": CONTEXT, "cluster": {"server": server, "certificate-authority-data": _inline(ca_file)}}
        ],
        "users": [{"name": PORTAL, "user": dict(user)}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": PORTAL}}],
        "current-context": CONTEXT,
    }
    write_private(path, yaml.safe_dump(document, sort_keys=False))


def write_aws(
    directory: Path, key: AccessKey, ssm_url: str, s3_url: str, **others: AccessKey
) -> tuple[Path, Path]:
    """`config` and `credentials` that any AWS SDK reads: the key of the default profile and those of others
    by their names; the endpoints stand in every profile.
    """
    directory.mkdir(mode=0o700, exist_ok=True)
    config, credentials = directory / "config", directory / "credentials"
    profiles = "".join(map(_profile, ("default", *(f"profile {name}" for name in others))))
    services = f"[services {CONTEXT}]\nssm =\n  endpoint_url = {ssm_url}\ns3 =\n  endpoint_url = {s3_url}\n"
    write_private(config, profiles + services)
    return config, write_key(credentials, key, **others)


def _profile(name: str) -> str:
    return (
        f"[{name}]\nregion = {REGION}\noutput = json\nservices = {CONTEXT}\n"
        "s3 =\n  addressing_style = path\n\n"
    )


def write_key(path: Path, key: AccessKey, **others: AccessKey) -> Path:
    """A file of credentials as any AWS SDK reads it: one key in its default profile, others by name."""
    keys = {"default": key, **others}
    text = (
        f"[{name}]\naws_access_key_id = {each.id}\naws_secret_access_key = {each.secret}\n"
        for name, each in keys.items()
    )
    write_private(path, "\n".join(text))
    return path

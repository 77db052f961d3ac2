"""The files by which clients find a world: kubeconfig, AWS configuration, the Neon key; all 0600."""

import base64
from pathlib import Path

import yaml

from simulator.harness.minted import PORTAL, AccessKey
from simulator.harness.rundir import write_private

CONTEXT = "rehearsal"
REGION = "ap-south-1"


def write_kubeconfig(path: Path, server: str, ca_file: Path, token: str) -> None:
    """One cluster, one user, one context; the certificate authority stands inside."""
    authority = base64.b64encode(ca_file.read_bytes()).decode()
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": CONTEXT, "cluster": {"server": server, "certificate-authority-data": authority}}
        ],
        "users": [{"name": PORTAL, "user": {"token": token}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": PORTAL}}],
        "current-context": CONTEXT,
    }
    write_private(path, yaml.safe_dump(document, sort_keys=False))


def write_aws(directory: Path, key: AccessKey, ssm_url: str, s3_url: str) -> tuple[Path, Path]:
    """`config` and `credentials` that any AWS SDK reads; the endpoints stand in the default profile."""
    directory.mkdir(mode=0o700, exist_ok=True)
    config, credentials = directory / "config", directory / "credentials"
    write_private(
        config,
        f"[default]\nregion = {REGION}\noutput = json\nservices = {CONTEXT}\n"
        "s3 =\n  addressing_style = path\n\n"
        f"[services {CONTEXT}]\nssm =\n  endpoint_url = {ssm_url}\ns3 =\n  endpoint_url = {s3_url}\n",
    )
    write_private(
        credentials, f"[default]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    )
    return config, credentials

"""A certificate authority per run, and server certificates signed by it."""

from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes


@dataclass(frozen=True, slots=True)
class Certificate:
    """Paths of a PEM chain and its 0600 private key."""

    cert: Path
    key: Path


class Authority:
    """Signs for this run only; `ca_file` is what clients trust."""

    def __init__(self, directory: Path) -> None:
        """Make the authority and write its public certificate to `directory/ca.crt`."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._directory = directory
        self._authority = trustme.CA(organization_name="zerotouch rehearsal")
        self.ca_file = directory / "ca.crt"
        self._authority.cert_pem.write_to_path(str(self.ca_file))

    def issue(self, name: str, *hosts: str) -> Certificate:
        """A certificate for `hosts` (DNS names, wildcards or addresses), stored as `name.crt|key`."""
        return self._store(name, self._authority.issue_cert(*hosts))

    def issue_client(self, name: str, user: str, group: str) -> Certificate:
        """A certificate by which a Kubernetes API server knows `user` as a member of `group`."""
        return self._store(name, self._authority.issue_cert(common_name=user, organization_name=group))

    def _store(self, name: str, leaf: trustme.LeafCert) -> Certificate:
        cert, key = self._directory / f"{name}.crt", self._directory / f"{name}.key"
        key.touch(mode=0o600)
        for place, blob in enumerate(leaf.cert_chain_pems):
            blob.write_to_path(str(cert), append=place > 0)
        leaf.private_key_pem.write_to_path(str(key))
        return Certificate(cert, key)


def server_end_point(certificate: Certificate) -> bytes:
    """What a TLS client binds its login to: `tls-server-end-point` of RFC 5929, a hash of the certificate."""
    leaf = x509.load_pem_x509_certificate(certificate.cert.read_bytes())
    signed = leaf.signature_hash_algorithm
    weak = signed is None or isinstance(signed, hashes.MD5 | hashes.SHA1)
    return leaf.fingerprint(hashes.SHA256() if weak or signed is None else signed)

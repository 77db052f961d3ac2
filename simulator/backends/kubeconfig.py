"""What a kubeconfig says of one cluster: where it is, how its certificate is checked, who the caller is."""

import base64
import binascii
import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_REFUSED = {
    "exec": "runs a program for its credential",
    "auth-provider": "uses an auth-provider",
    "username": "logs in by password",
}
_WAY_OUT = "Make a kubeconfig with a token or a client certificate for the rehearsal."


class UnusableKubeconfig(Exception):
    """Why the cluster cannot be reached by this file; one sentence with the way out."""


@dataclass(frozen=True, slots=True)
class Access:
    """`ca`, `certificate` and `key` are PEM, empty where there is none; without `ca` the system's is used."""

    context: str
    server: str
    ca: str = ""
    certificate: str = ""
    key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def tls(self, directory: Path) -> ssl.SSLContext:
        """How to connect; the client's key stands in a 0600 file below `directory` while it is loaded.

        Raises UnusableKubeconfig for a certificate or key that is none.
        """
        try:
            context = ssl.create_default_context(cadata=self.ca or None)
            if self.certificate:
                self._show_certificate(context, directory / "cluster.pem")
        except ssl.SSLError as exc:
            raise UnusableKubeconfig(f"A certificate or key of context {self.context} is damaged.") from exc
        return context

    def _show_certificate(self, context: ssl.SSLContext, path: Path) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(f"{self.certificate}\n{self.key}")
            context.load_cert_chain(path)
        finally:
            path.unlink()


def read(path: Path, context: str = "") -> Access:
    """The cluster and user of `context`, or of the file's current one; raises UnusableKubeconfig."""
    try:
        document = yaml.safe_load(path.read_text())
    except OSError as exc:
        raise UnusableKubeconfig(f"The kubeconfig {path} cannot be read: {exc.strerror}.") from exc
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise UnusableKubeconfig(f"{path} is not YAML, so it is no kubeconfig.") from exc
    if not isinstance(document, dict):
        raise UnusableKubeconfig(f"{path} is not a kubeconfig.")
    wanted = context or str(document.get("current-context") or "")
    if not wanted:
        raise UnusableKubeconfig(f"{path} has no current context: name one with --context.")
    chosen = _named(document, "context", wanted, path)
    cluster = _named(document, "cluster", str(chosen.get("cluster", "")), path)
    user = _named(document, "user", str(chosen.get("user", "")), path)
    _check(cluster, user, path)
    base = path.parent
    return Access(
        context=wanted,
        server=str(cluster["server"]).rstrip("/"),
        ca=_blob(cluster, "certificate-authority", base),
        certificate=_blob(user, "client-certificate", base),
        key=_blob(user, "client-key", base),
        token=_token(user, base),
    )


def _named(document: dict[str, Any], kind: str, name: str, path: Path) -> dict[str, Any]:
    for entry in document.get(f"{kind}s") or ():
        if isinstance(entry, dict) and entry.get("name") == name:
            return dict(entry.get(kind) or {})
    raise UnusableKubeconfig(f"{path} has no {kind} named {name!r}.")


def _check(cluster: dict[str, Any], user: dict[str, Any], path: Path) -> None:
    """What would send a credential somewhere unverified, or needs the user's own environment."""
    if not str(cluster.get("server", "")).startswith("https://"):
        raise UnusableKubeconfig(f"The server in {path} is not an https:// address.")
    for name in ("insecure-skip-tls-verify", "proxy-url", "tls-server-name"):
        if cluster.get(name):
            raise UnusableKubeconfig(f"{path} sets {name}, which a rehearsal does not follow. {_WAY_OUT}")
    for name, what in _REFUSED.items():
        if user.get(name):
            raise UnusableKubeconfig(f"The user in {path} {what}. {_WAY_OUT}")


def _blob(entry: dict[str, Any], name: str, base: Path) -> str:
    """PEM given inline as base64, or by a file named relative to the kubeconfig."""
    try:
        if inline := entry.get(f"{name}-data"):
            return base64.b64decode(inline, validate=True).decode()
        return (base / str(entry[name])).read_text() if entry.get(name) else ""
    except (binascii.Error, UnicodeDecodeError) as exc:
        raise UnusableKubeconfig(f"{name}-data in the kubeconfig is not base64 of PEM.") from exc
    except OSError as exc:
        raise UnusableKubeconfig(f"{name} of the kubeconfig cannot be read: {exc.strerror}.") from exc


def _token(user: dict[str, Any], base: Path) -> str:
    if user.get("token"):
        return str(user["token"])
    try:
        return (base / str(user["tokenFile"])).read_text().strip() if user.get("tokenFile") else ""
    except OSError as exc:
        raise UnusableKubeconfig(f"tokenFile of the kubeconfig cannot be read: {exc.strerror}.") from exc

"""What a pull secret holds: who one is to which registry."""

import base64
import binascii
import json
from collections.abc import Mapping

from simulator.controllers.kinds import Object
from simulator.controllers.runtime.interface import Login

_KEYS = {
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
    "kubernetes.io/dockercfg": ".dockercfg",
}
_HUB = frozenset({"index.docker.io", "registry-1.docker.io"})


def usable(secret: Object | None) -> bool:
    """Whether it is there and of a type for pulling."""
    return secret is not None and secret.get("type") in _KEYS


def logins(secret: Object) -> list[Login]:
    """Its logins; none where it does not hold what its type promises."""
    try:
        text = base64.b64decode(secret["data"][_KEYS[secret["type"]]])
        document = json.loads(text)
        entries = document.get("auths", {}) if secret["type"].endswith("json") else document
        return [_login(host, entry) for host, entry in entries.items()]
    except (KeyError, ValueError, AttributeError, TypeError, binascii.Error):
        return []


def _login(address: str, entry: Mapping[str, str]) -> Login:
    """By its parts or, where these are missing, by `auth`, which is base64 of `username:password`."""
    host = address.removeprefix("https://").removeprefix("http://").partition("/")[0]
    username, password = entry.get("username", ""), entry.get("password", "")
    if not username and "auth" in entry:
        username, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
    return Login("docker.io" if host in _HUB else host, username, password)

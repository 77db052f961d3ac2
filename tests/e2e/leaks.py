"""Every secret of a world, the forms in which one may leak, and the search for them."""

import base64
import html
import json
import subprocess
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import yaml

from tests.e2e import truth
from tests.e2e.world import INPUTS, Live

# What a parameter or a Secret may hold that anybody may see, by the end of its name.
OPEN = (
    *("jwt_public_key", "jwt_key_id", "neon_auth_url"),
    *("JWT_PUBLIC_KEY", "JWT_KEY_ID", "NEON_AUTH_URL", "DRAGONFLY_HOST", "DRAGONFLY_PORT", "access-key-id"),
)
# Below a run directory: how clients and servers of the world find their own credentials.
KEPT = ("neon_api_key", "control_token", "kubeconfig", "aws/credentials", "pki/")
SHORTEST = 8
SHORTEST_LINE = 20
_GIT_SECONDS = 60


def secrets(live: Live) -> dict[str, str]:
    """By what they are called: what was given, what was minted, and what the world opens its doors with."""
    minted = {name: parameter.value for name, parameter in truth.parameters(live, "/zerotouch").items()}
    return hidden({**INPUTS, **minted, **truth.secrets(live), **doors(live)})


def doors(live: Live) -> dict[str, str]:
    """What the world opens its doors with."""
    kube = yaml.safe_load(Path(live.facts["kubeconfig"]).read_text())
    aws = Path(live.facts["aws_credentials_file"]).read_text().split()
    return {
        "the Neon key": Path(live.facts["neon_api_key_file"]).read_text().strip(),
        "the control token": Path(live.facts["control_token_file"]).read_text().strip(),
        "the cluster token": kube["users"][0]["user"]["token"],
        "the AWS secret key": aws[aws.index("aws_secret_access_key") + 2],
    }


def hidden(found: Mapping[str, str]) -> dict[str, str]:
    """Those of them that nobody may learn, with the passwords in connection strings for themselves."""
    passwords = {
        f"the password in {name}": urllib.parse.urlsplit(value).password or ""
        for name, value in found.items()
        if value.startswith("postgres")
    }
    every = {**found, **passwords}
    return {name: value for name, value in every.items() if not name.endswith(OPEN) and "_locks" not in name}


def leaks(secrets: Mapping[str, str], places: Iterable[tuple[str, bytes]]) -> list[str]:
    """Each secret that stands in a place, in whatever form; the value itself is not told."""
    return [
        f"{name} ({form}) in {place}"
        for place, content in places
        for name, secret in secrets.items()
        for form, text in _forms(secret)
        if text in content
    ]


@cache
def _forms(secret: str) -> tuple[tuple[str, bytes], ...]:
    assert len(secret) >= SHORTEST, "too short to be told from other text"
    lines = [line for line in secret.splitlines() if len(line) >= SHORTEST_LINE and "-----" not in line]
    written = {
        ("raw", secret),
        *(("a line", line) for line in lines),
        ("URL-encoded", urllib.parse.quote(secret, safe="")),
        ("URL-encoded", urllib.parse.quote(secret)),
        ("URL-encoded", urllib.parse.quote_plus(secret)),
        ("in JSON", json.dumps(secret)[1:-1]),
        ("in HTML", html.escape(secret)),
        ("as Python writes it", repr(secret)[1:-1]),
        ("in hexadecimal", secret.encode().hex()),
    }
    forms = {(form, text.encode()) for form, text in written}
    return tuple(forms | {("in base64", text) for text in _base64(secret.encode())})


def _base64(secret: bytes) -> Iterator[bytes]:
    """As it stands in base64 of itself, or of a text in which one or two bytes go before it."""
    for before in range(3):
        whole = before + len(secret)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + secret)[-(-before * 8 // 6) : whole * 8 // 6]


def files(directory: Path, but: Iterable[str] = ()) -> Iterator[tuple[str, bytes]]:
    """Every file below a directory; what a repository holds is read object by object."""
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        if path.is_file() and not name.startswith(tuple(but)):
            yield name, path.read_bytes()
        elif path.name == "objects" and (path / "info").is_dir():
            yield f"{path.parent.relative_to(directory)} (every object)", _objects(path.parent)


def _objects(repository: Path) -> bytes:
    """All objects, also those that nothing refers to."""
    words = ["git", f"--git-dir={repository}", "cat-file", "--batch-all-objects", "--batch"]
    return subprocess.run(words, capture_output=True, timeout=_GIT_SECONDS, check=True).stdout

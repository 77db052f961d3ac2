"""What really stands in a world, asked of its systems themselves and never of the portal."""

import base64
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import boto3
import httpx
import psycopg
import yaml

from portal.core.parameters import MANAGED_BY
from tests.e2e.world import TRUST, Live
from tests.simulator.neon.schema import judged

SECONDS = 30


@dataclass(frozen=True, slots=True)
class Parameter:
    """The value and the version that stand now."""

    value: str
    version: int


@dataclass(frozen=True, slots=True)
class Login:
    """What a session that was opened with a published connection string sees."""

    user: str
    database: str
    owner: str
    roles: int
    databases: int
    encrypted: bool


def roles(live: Live) -> list[str]:
    """Names of the roles of the dev branch."""
    return [str(role["name"]) for role in _neon(live, "roles")]


def databases(live: Live) -> list[str]:
    """Names of the databases of the dev branch."""
    return [str(database["name"]) for database in _neon(live, "databases")]


def password(live: Live, role: str) -> str:
    """What Neon reveals of a role of the dev branch."""
    return str(_branch(live, f"roles/{role}/reveal_password")["password"])


def parameters(live: Live, below: str = "/zerotouch/dev") -> dict[str, Parameter]:
    """Every parameter below a path, decrypted."""
    return {item["Name"]: Parameter(item["Value"], item["Version"]) for item in _ssm(live, below)}


def marked(live: Live, below: str) -> set[str]:
    """Names of the parameters below a path that carry the portal's mark."""
    key, value = MANAGED_BY
    filters = [
        {"Key": f"tag:{key}", "Values": [value]},
        {"Key": "Path", "Option": "Recursive", "Values": [below]},
    ]
    with closing(_client(live, "ssm", live.facts["ssm_url"], "aws_admin", "aws")) as client:
        pages = client.get_paginator("describe_parameters").paginate(ParameterFilters=filters)
        return {str(item["Name"]) for page in pages for item in page["Parameters"]}


def leave(live: Live, name: str, value: str, *, over: bool = False) -> None:
    """Put a parameter there that carries nobody's mark, or another value `over` one that is there."""
    with closing(_client(live, "ssm", live.facts["ssm_url"], "aws_admin", "aws")) as client:
        client.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=over)


def tags(live: Live, name: str) -> dict[str, str]:
    """The tags of a parameter."""
    with closing(_client(live, "ssm", live.facts["ssm_url"], "aws_admin", "aws")) as client:
        told = client.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
    return {str(tag["Key"]): str(tag["Value"]) for tag in told["TagList"]}


def buckets(live: Live, provider: str) -> list[str]:
    """Names of the buckets that stand at a provider."""
    holder, place = {"s3": ("aws_admin", "aws"), "hetzner": ("hetzner", "hetzner")}[provider]
    with closing(_client(live, "s3", live.facts[f"{provider}_url"], holder, place)) as client:
        return [str(bucket["Name"]) for bucket in client.list_buckets()["Buckets"]]


def leases(live: Live) -> list[str]:
    """Names of the parameters by which runs keep others off a tenant."""
    return list(parameters(live, "/zerotouch/_locks"))


def secrets(live: Live) -> dict[str, str]:
    """The value of every key of every Secret of the cluster, by namespace/name/key."""
    found = {}
    for secret in _kubernetes(live, "/api/v1/secrets"):
        place = f"{secret['metadata']['namespace']}/{secret['metadata']['name']}"
        for key, value in (secret.get("data") or {}).items():
            found[f"{place}/{key}"] = base64.b64decode(value).decode(errors="replace")
    return found


@contextmanager
def cluster(live: Live) -> Iterator[httpx.Client]:
    """The API of the cluster as its administrator calls it."""
    config = yaml.safe_load(Path(live.facts["kubeconfig"]).read_text())
    server = config["clusters"][0]["cluster"]
    authority = base64.b64decode(server["certificate-authority-data"]).decode()
    headers = {"Authorization": f"Bearer {config['users'][0]['user']['token']}"}
    trust = ssl.create_default_context(cadata=authority)
    with httpx.Client(
        base_url=server["server"], verify=trust, trust_env=False, timeout=SECONDS, headers=headers
    ) as client:
        yield client


def available(live: Live, service: str) -> int:
    """How many pods of a service could be reached now."""
    path = f"/apis/apps/v1/namespaces/{service}/deployments"
    return sum(int(item.get("status", {}).get("availableReplicas", 0)) for item in _kubernetes(live, path))


def commits(live: Live) -> list[tuple[str, str]]:
    """Id and tenant of every commit of the deployed branch, newest first; no tenant where none is named."""
    form = "%H %(trailers:key=Portal-Tenant,valueonly,separator=%x2C)"
    words = (line.partition(" ") for line in git(live, "log", f"--format={form}", "main").splitlines())
    return [(commit, tenant) for commit, _, tenant in words]


def git(live: Live, *arguments: str) -> str:
    """What git says of the tenants repository."""
    repository = urlsplit(live.facts["tenants_repo"]).path
    return subprocess.run(
        ["git", "-C", repository, *arguments],  # noqa: S607 - git is found as the portal finds it
        env={"PATH": live.account.environment["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    ).stdout


def login(url: str) -> Login:
    """Open a session as a service would, with nothing but the published string."""
    question = """
        select current_user, current_database(), pg_get_userbyid(datdba),
               (select count(*) from pg_roles where rolname = current_user),
               (select count(*) from pg_database where datname = current_database())
        from pg_database where datname = current_database()"""
    with psycopg.connect(url, connect_timeout=SECONDS) as connection:
        encrypted = connection.pgconn.ssl_in_use
        row = connection.execute(question).fetchone()
    assert row is not None
    user, database, owner, roles_so_named, databases_so_named = row
    return Login(user, database, owner, roles_so_named, databases_so_named, encrypted)


def _neon(live: Live, what: str) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", _branch(live, what)[what])


def _branch(live: Live, what: str) -> dict[str, Any]:
    project = live.facts["neon_projects"]["dev"]
    key = Path(live.facts["neon_api_key_file"]).read_text().strip()
    headers = {"Authorization": f"Bearer {key}"}
    base = f"{live.facts['neon_url']}/projects/{project}/branches"
    hooks = {"response": [judged]}
    with httpx.Client(
        trust_env=False, timeout=SECONDS, headers=headers, event_hooks=hooks, verify=TRUST
    ) as client:
        (branch,) = client.get(base).raise_for_status().json()["branches"]
        answer = client.get(f"{base}/{branch['id']}/{what}").raise_for_status().json()
    return cast("dict[str, Any]", answer)


def _kubernetes(live: Live, path: str) -> list[Mapping[str, Any]]:
    with cluster(live) as client:
        answer = client.get(path).raise_for_status().json()
    return cast("list[Mapping[str, Any]]", answer["items"])


def _ssm(live: Live, below: str) -> Iterator[Mapping[str, Any]]:
    with closing(_client(live, "ssm", live.facts["ssm_url"], "aws_admin", "aws")) as client:
        pages = client.get_paginator("get_parameters_by_path")
        for page in pages.paginate(Path=below, Recursive=True, WithDecryption=True):
            yield from page["Parameters"]


@cache
def _session() -> boto3.session.Session:
    """One, for it keeps what it has read of the services' models."""
    return boto3.session.Session()


def _client(live: Live, service: str, url: str, holder: str, place: str) -> Any:
    words = Path(live.facts[f"{holder}_credentials_file"]).read_text().split()
    return _session().client(
        service,
        endpoint_url=url,
        region_name=live.facts[f"{place}_region"],
        aws_access_key_id=words[words.index("aws_access_key_id") + 2],
        aws_secret_access_key=words[words.index("aws_secret_access_key") + 2],
    )

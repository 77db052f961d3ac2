"""What stands beside the clusters: Neon's lists and Parameter Store's metadata as one small application,
and the tenants repository.
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.bench.fleet.seed import ENVIRONMENTS, Fleet, parameters, service

_A_PAGE = 50


def application(fleet: Fleet, neon: str = "/neon") -> Starlette:
    """Below `neon` it answers Neon's list endpoints for a project an environment, at `/` Parameter Store."""
    held = {
        environment: sorted(path for name in fleet.names for path in parameters(name, environment))
        for environment in ENVIRONMENTS
    }

    async def listing(request: Request) -> Response:
        project, what = request.path_params["project"], request.path_params["rest"].rpartition("/")[2]
        environment = project.removeprefix("p-")
        return _json(200, {what: _listed(fleet, project, environment, what)})

    async def ssm(request: Request) -> Response:
        asked = orjson.loads(await request.body())
        below = asked["ParameterFilters"][0]["Values"][0]
        names = [
            name
            for name in held.get(below.split("/")[2], [])
            if name.startswith(below.rstrip("/") + "/") or name == below
        ]
        start = int(asked.get("NextToken") or 0)
        page = names[start : start + _A_PAGE]
        rows = [
            {
                "Name": name,
                "Type": "SecureString",
                "Version": 1,
                "LastModifiedDate": 1.7e9,
                "Tier": "Standard",
            }
            for name in page
        ]
        following = {"NextToken": str(start + _A_PAGE)} if start + _A_PAGE < len(names) else {}
        return _json(200, {"Parameters": rows, **following}, "application/x-amz-json-1.1")

    return Starlette(
        routes=[
            Route(neon + "/projects/{project}/{rest:path}", listing),
            Route("/", ssm, methods=["POST"]),
        ]
    )


def _listed(fleet: Fleet, project: str, environment: str, what: str) -> list[dict[str, Any]]:
    own = {"id": f"br-{environment}", "project_id": project, "branch_id": f"br-{environment}"}
    names = [f"{name}-{environment}" for name in fleet.names]
    match what:
        case "branches":
            return [{**own, "name": "main", "current_state": "ready", "default": True}]
        case "endpoints":
            compute = {"id": f"ep-{environment}", "host": "ep.example.com", "type": "read_write"}
            return [{**own, **compute, "current_state": "idle", "disabled": False}]
        case "roles":
            return [{**own, "name": name} for name in names]
        case "databases":
            return [{**own, "id": 1, "name": name, "owner_name": name} for name in names]
        case _:
            return []


def _json(status: int, body: Mapping[str, Any], kind: str = "application/json") -> Response:
    headers = {"x-amzn-requestid": "00000000-0000-4000-8000-000000000000"}
    return Response(orjson.dumps(body), status, headers, media_type=kind)


def repository(fleet: Fleet, directory: Path) -> str:
    """A bare repository with every tenant in one commit; its URL."""
    bare = directory / "tenants.git"
    git = ["git", "-C", str(bare)]
    subprocess.run(["git", "init", "--bare", "--quiet", str(bare)], check=True)  # noqa: S607 - git is found as everywhere
    lines = [
        b"commit refs/heads/main",
        b"committer bench <bench@example.com> 1700000000 +0000",
        b"data 4",
        b"all",
    ]
    for name in fleet.names:
        document = orjson.dumps(service(name, cache=fleet.caches(name)))
        lines += _file(f"tenants/{name}/service.yaml", document)
        for environment, overlay in ENVIRONMENTS.items():
            config = {"tenant": name, "environment": environment, "namespace": name}
            lines += _file(f"tenants/{name}/overlays/{overlay}/config.yaml", orjson.dumps(config))
    feed = b"\n".join(lines) + b"\n"
    subprocess.run([*git, "fast-import", "--quiet"], input=feed, check=True)
    return bare.as_uri()


def _file(path: str, content: bytes) -> list[bytes]:
    return [f"M 644 inline {path}".encode(), f"data {len(content)}".encode(), content]

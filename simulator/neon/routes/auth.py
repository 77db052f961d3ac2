"""Neon Auth: enable it, look at it, and its public keys, which anybody may read."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.clock import rfc3339
from simulator.neon import auth as rules
from simulator.neon import bodies
from simulator.neon.plane import Plane
from simulator.neon.signing import Auth
from simulator.neon.wire import PUBLIC, Call, Handler

_SCHEMA, _TABLE = "neon_auth", "user"


async def enable(call: Call) -> Response:
    given = await call.document(bodies.AUTH)
    made, server_key = rules.enable(
        call.plane, *call.branch, given["auth_provider"], given.get("database_name")
    )
    shape = {
        "auth_provider": made.provider,
        "auth_provider_project_id": made.id,
        "pub_client_key": made.id,
        "secret_server_key": server_key,
        "schema_name": _SCHEMA,
        "table_name": _TABLE,
        **_addresses(call, made),
    }
    return JSONResponse(shape, 201)


async def get(call: Call) -> Response:
    _, branch = call.plane.account.branch(*call.branch)
    found = rules.enabled(branch)
    shape = {
        "auth_provider": found.provider,
        "auth_provider_project_id": found.id,
        "branch_id": found.branch_id,
        "db_name": found.database,
        "created_at": rfc3339(found.created_at),
        "owned_by": "neon",
        **_addresses(call, found),
    }
    return JSONResponse(shape)


def key_set(plane: Plane, request: Request) -> Response:
    """The JWK set of the branch named in the path; 404 while Neon Auth is off there."""
    wanted = request.path_params["branch"]
    for project in plane.account.projects.values():
        branch = project.branches.get(wanted)
        if branch is not None and branch.auth is not None:
            return JSONResponse(branch.auth.key_set())
    return JSONResponse({"message": "no such auth server"}, 404)


def _addresses(call: Call, found: Auth) -> dict[str, str]:
    base = f"{str(call.request.base_url).rstrip('/')}{PUBLIC}/{found.branch_id}"
    return {"base_url": base, "jwks_url": f"{base}/.well-known/jwks.json"}


_ONE = "/projects/{project}/branches/{branch}/auth"
TABLE: tuple[tuple[str, str, Handler], ...] = (("POST", _ONE, enable), ("GET", _ONE, get))
KEY_SET = PUBLIC + "/{branch}/.well-known/jwks.json"

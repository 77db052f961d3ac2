"""Neon Auth: enable it, look at it, and its public keys, which anybody may read."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.clock import rfc3339
from simulator.neon import auth as rules
from simulator.neon import bodies
from simulator.neon.auth_schema import SCHEMA
from simulator.neon.auth_schema import TABLE as TABLE_NAME
from simulator.neon.plane import Plane
from simulator.neon.signing import Auth
from simulator.neon.wire import PUBLIC, Call, Handler


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
        "schema_name": SCHEMA,
        "table_name": TABLE_NAME,
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


async def disable(call: Call) -> Response:
    given = await call.optional(bodies.AUTH_REMOVAL)
    rules.disable(call.plane, *call.branch, delete_data=given.get("delete_data", False))
    return Response(status_code=200)


async def add_user(call: Call) -> Response:
    given = await call.document(bodies.AUTH_USER)
    made = rules.add_user(call.plane, call.branch, given["email"], given.get("name"))
    return JSONResponse({"id": made.id}, 201)


async def remove_user(call: Call) -> Response:
    rules.remove_user(call.plane, call.branch, call.path("user"))
    return Response(status_code=204)


async def give_roles(call: Call) -> Response:
    given = await call.document(bodies.AUTH_ROLES)
    found = rules.give_roles(call.plane, call.branch, call.path("user"), given["roles"])
    return JSONResponse({"id": found.id})


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
TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("POST", _ONE, enable),
    ("GET", _ONE, get),
    ("DELETE", _ONE, disable),
    ("POST", f"{_ONE}/users", add_user),
    ("DELETE", f"{_ONE}/users/{{user}}", remove_user),
    ("PUT", f"{_ONE}/users/{{user}}/role", give_roles),
)
KEY_SET = PUBLIC + "/{branch}/.well-known/jwks.json"

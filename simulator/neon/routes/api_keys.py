"""API keys: a person's own, and the organization's, which may be for one project only."""

from starlette.responses import JSONResponse, Response

from simulator.clock import rfc3339
from simulator.neon import bodies
from simulator.neon.identity import ApiKey
from simulator.neon.refusals import Invalid
from simulator.neon.shapes import Json
from simulator.neon.wire import Call, Handler


async def own(call: Call) -> Response:
    call.key.require_user()
    return _listed(call, personal=True)


async def create_own(call: Call) -> Response:
    call.key.require_user()
    given = await call.document(bodies.API_KEY)
    account = call.plane.account
    made, token = account.keys.issue(given["key_name"], call.plane.clock.now(), personal=True)
    return JSONResponse({**_created(call, made), "key": token})


async def revoke_own(call: Call) -> Response:
    call.key.require_user()
    return _revoked(call, personal=True)


async def of_organization(call: Call) -> Response:
    _require_organization(call)
    return _listed(call, personal=False)


async def create_for_organization(call: Call) -> Response:
    _require_organization(call)
    call.key.require_user()
    given = await call.document(bodies.ORGANIZATION_API_KEY)
    account, project_id = call.plane.account, given.get("project_id")
    if project_id is not None:
        account.project(project_id)
    made, token = account.keys.issue(given["key_name"], call.plane.clock.now(), project_id=project_id)
    return JSONResponse({**_created(call, made), "key": token})


async def revoke_of_organization(call: Call) -> Response:
    _require_organization(call)
    return _revoked(call, personal=False)


def _require_organization(call: Call) -> None:
    call.key.require_unscoped()
    call.plane.account.require_organization(call.path("organization"))


def _listed(call: Call, *, personal: bool) -> Response:
    user = call.plane.account.user
    creator = {"id": user.id, "name": user.name, "image": ""}
    found = call.plane.account.keys.listed(personal=personal)
    return JSONResponse([{**_shape(key), **_used(key), "created_by": creator} for key in found])


def _revoked(call: Call, *, personal: bool) -> Response:
    text = call.path("key")
    if not (text.isascii() and text.isdigit()):
        raise Invalid("the id of an API key is a number")
    key = call.plane.account.keys.revoke(int(text), personal=personal)
    return JSONResponse({**_created(call, key), **_used(key), "revoked": True})


def _created(call: Call, key: ApiKey) -> Json:
    return {**_shape(key), "created_by": call.plane.account.user.id}


def _shape(key: ApiKey) -> Json:
    shape: Json = {"id": key.id, "name": key.name, "created_at": rfc3339(key.created_at)}
    return shape | ({"project_id": key.project_id} if key.project_id else {})


def _used(key: ApiKey) -> Json:
    at = rfc3339(key.last_used_at) if key.last_used_at else None
    return {"last_used_at": at, "last_used_from_addr": key.last_used_from}


_ORGANIZATION = "/organizations/{organization}/api_keys"
TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/api_keys", own),
    ("POST", "/api_keys", create_own),
    ("DELETE", "/api_keys/{key}", revoke_own),
    ("GET", _ORGANIZATION, of_organization),
    ("POST", _ORGANIZATION, create_for_organization),
    ("DELETE", f"{_ORGANIZATION}/{{key}}", revoke_of_organization),
)

"""Roles."""

from starlette.responses import JSONResponse, Response

from simulator.neon import account, bodies, shapes
from simulator.neon import roles as rules
from simulator.neon.routes.answers import changed, gone
from simulator.neon.wire import Call, Handler


async def index(call: Call) -> Response:
    _, branch = call.plane.account.branch(*call.branch)
    return JSONResponse({"roles": [shapes.role(value) for value in branch.roles.values()]})


async def create(call: Call) -> Response:
    given = await call.body("role", bodies.ROLE)
    made, secret, begun = rules.create(
        call.plane, *call.branch, given["name"], no_login=given.get("no_login", False)
    )
    return changed("role", shapes.role(made, secret), begun, 201)


async def get(call: Call) -> Response:
    _, branch = call.plane.account.branch(*call.branch)
    return JSONResponse({"role": shapes.role(account.role(branch, call.path("role")))})


async def reveal_password(call: Call) -> Response:
    return JSONResponse({"password": rules.reveal_password(call.plane, *call.branch, call.path("role"))})


async def reset_password(call: Call) -> Response:
    role, secret, begun = rules.reset_password(call.plane, *call.branch, call.path("role"))
    return changed("role", shapes.role(role, secret), begun)


async def delete(call: Call) -> Response:
    deleted = rules.delete(call.plane, *call.branch, call.path("role"))
    return changed("role", shapes.role(deleted[0]), deleted[1]) if deleted else gone()


_ALL = "/projects/{project}/branches/{branch}/roles"
TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", _ALL, index),
    ("POST", _ALL, create),
    ("GET", f"{_ALL}/{{role}}", get),
    ("DELETE", f"{_ALL}/{{role}}", delete),
    ("GET", f"{_ALL}/{{role}}/reveal_password", reveal_password),
    ("POST", f"{_ALL}/{{role}}/reset_password", reset_password),
)

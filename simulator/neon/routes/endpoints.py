"""Computes."""

from starlette.responses import JSONResponse, Response

from simulator.neon import bodies, shapes
from simulator.neon import endpoints as rules
from simulator.neon.routes.answers import changed, gone
from simulator.neon.wire import Call, Handler


async def of_project(call: Call) -> Response:
    project = call.plane.account.project(call.path("project"))
    return JSONResponse({"endpoints": [shapes.endpoint(value) for value in project.endpoints.values()]})


async def of_branch(call: Call) -> Response:
    project, branch = call.plane.account.branch(*call.branch)
    return JSONResponse({"endpoints": [shapes.endpoint(value) for value in project.of_branch(branch.id)]})


async def get(call: Call) -> Response:
    _, endpoint = call.plane.account.endpoint(*call.endpoint)
    return JSONResponse({"endpoint": shapes.endpoint(endpoint)})


async def create(call: Call) -> Response:
    given = await call.body("endpoint", bodies.ENDPOINT)
    branch_id, kind = given.pop("branch_id"), given.pop("type")
    made, begun = rules.create(call.plane, call.path("project"), branch_id, kind, given)
    return changed("endpoint", shapes.endpoint(made), begun, 201)


async def update(call: Call) -> Response:
    given = await call.body("endpoint", bodies.ENDPOINT_CHANGE)
    endpoint, begun = rules.update(call.plane, *call.endpoint, given)
    return changed("endpoint", shapes.endpoint(endpoint), begun)


async def start(call: Call) -> Response:
    endpoint, begun = rules.start(call.plane, *call.endpoint)
    return changed("endpoint", shapes.endpoint(endpoint), begun)


async def suspend(call: Call) -> Response:
    endpoint, begun = rules.suspend(call.plane, *call.endpoint)
    return changed("endpoint", shapes.endpoint(endpoint), begun)


async def restart(call: Call) -> Response:
    endpoint, begun = rules.restart(call.plane, *call.endpoint)
    return changed("endpoint", shapes.endpoint(endpoint), begun)


async def delete(call: Call) -> Response:
    deleted = rules.delete(call.plane, *call.endpoint)
    return changed("endpoint", shapes.endpoint(deleted[0]), deleted[1]) if deleted else gone()


_ONE = "/projects/{project}/endpoints/{endpoint}"
TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/projects/{project}/endpoints", of_project),
    ("POST", "/projects/{project}/endpoints", create),
    ("GET", "/projects/{project}/branches/{branch}/endpoints", of_branch),
    ("GET", _ONE, get),
    ("PATCH", _ONE, update),
    ("DELETE", _ONE, delete),
    ("POST", f"{_ONE}/start", start),
    ("POST", f"{_ONE}/suspend", suspend),
    ("POST", f"{_ONE}/restart", restart),
)

"""Databases."""

from starlette.responses import JSONResponse, Response

from simulator.neon import account, bodies, shapes
from simulator.neon import databases as rules
from simulator.neon.routes.answers import changed, gone
from simulator.neon.wire import Call, Handler


async def index(call: Call) -> Response:
    _, branch = call.plane.account.branch(*call.branch)
    return JSONResponse({"databases": [shapes.database(value) for value in branch.databases.values()]})


async def create(call: Call) -> Response:
    given = await call.body("database", bodies.DATABASE)
    made, begun = rules.create(call.plane, *call.branch, given["name"], given["owner_name"])
    return changed("database", shapes.database(made), begun, 201)


async def get(call: Call) -> Response:
    _, branch = call.plane.account.branch(*call.branch)
    return JSONResponse({"database": shapes.database(account.database(branch, call.path("database")))})


async def update(call: Call) -> Response:
    given = await call.body("database", bodies.DATABASE_CHANGE)
    updated, begun = rules.update(
        call.plane,
        call.branch,
        call.path("database"),
        new_name=given.get("name"),
        owner_name=given.get("owner_name"),
    )
    return changed("database", shapes.database(updated), begun)


async def delete(call: Call) -> Response:
    deleted = rules.delete(call.plane, *call.branch, call.path("database"))
    return changed("database", shapes.database(deleted[0]), deleted[1]) if deleted else gone()


_ALL = "/projects/{project}/branches/{branch}/databases"
TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", _ALL, index),
    ("POST", _ALL, create),
    ("GET", f"{_ALL}/{{database}}", get),
    ("PATCH", f"{_ALL}/{{database}}", update),
    ("DELETE", f"{_ALL}/{{database}}", delete),
)

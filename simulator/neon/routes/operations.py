"""Operations, newest first."""

from starlette.responses import JSONResponse, Response

from simulator.neon import pages, shapes
from simulator.neon.wire import Call, Handler

_DEFAULT_LIMIT, _MOST = 100, 1000


async def index(call: Call) -> Response:
    project = call.plane.account.project(call.path("project"))
    size = pages.limit(call.request.query_params, _DEFAULT_LIMIT, _MOST)
    cursor = call.query("cursor")
    part, last = pages.page(project.operations[::-1], lambda operation: operation.id, cursor, size)
    return JSONResponse(
        {
            "operations": [shapes.operation(value) for value in part],
            **pages.following(last, cursor),
        }
    )


async def get(call: Call) -> Response:
    found = call.plane.account.operation(call.path("project"), call.path("operation"))
    return JSONResponse({"operation": shapes.operation(found)})


TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/projects/{project}/operations", index),
    ("GET", "/projects/{project}/operations/{operation}", get),
)

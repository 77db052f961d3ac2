"""Snapshots."""

from starlette.responses import JSONResponse, Response

from simulator.neon import bodies, shapes
from simulator.neon import snapshots as rules
from simulator.neon.history import Point
from simulator.neon.moments import moment
from simulator.neon.names import LONGEST_NAME, titled
from simulator.neon.routes.answers import branch, changed, operations
from simulator.neon.wire import Call, Handler


async def index(call: Call) -> Response:
    project = call.plane.account.project(call.path("project"))
    return JSONResponse({"snapshots": [shapes.snapshot(value) for value in project.snapshots.values()]})


async def create(call: Call) -> Response:
    name, expires_at, timestamp = call.query("name"), call.query("expires_at"), call.query("timestamp")
    made, begun = rules.create(
        call.plane,
        call.branch,
        titled(LONGEST_NAME)("name", name) if name is not None else None,
        Point(call.query("lsn"), moment("timestamp", timestamp) if timestamp is not None else None),
        moment("expires_at", expires_at) if expires_at is not None else None,
    )
    return changed("snapshot", shapes.snapshot(made), begun)


async def update(call: Call) -> Response:
    given = await call.body("snapshot", bodies.SNAPSHOT_CHANGE)
    _, found = call.plane.account.snapshot(*_key(call))
    found.name = given.get("name", found.name)
    return JSONResponse({"snapshot": shapes.snapshot(found)})


async def delete(call: Call) -> Response:
    return JSONResponse(operations(rules.delete(call.plane, *_key(call))), 202)


async def restore(call: Call) -> Response:
    given = await call.optional(bodies.SNAPSHOT_RESTORE)
    value, begun = rules.restore(
        call.plane,
        _key(call),
        given.get("name") or call.query("name"),
        given.get("target_branch_id"),
        finalize=given.get("finalize_restore", False),
    )
    project = call.plane.account.project(call.path("project"))
    endpoints = [shapes.endpoint(one) for one in project.of_branch(value.id)]
    return JSONResponse({"branch": branch(call, value, project), "endpoints": endpoints, **operations(begun)})


def _key(call: Call) -> tuple[str, str]:
    return call.path("project"), call.path("snapshot")


_ONE = "/projects/{project}/snapshots/{snapshot}"
TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/projects/{project}/branches/{branch}/snapshot", create),
    ("GET", "/projects/{project}/snapshots", index),
    ("PATCH", _ONE, update),
    ("DELETE", _ONE, delete),
    ("POST", f"{_ONE}/restore", restore),
)

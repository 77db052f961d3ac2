"""Branches: listing and reading."""

from collections.abc import Callable

from starlette.responses import JSONResponse, Response

from simulator.clock import rfc3339
from simulator.neon import pages, shapes
from simulator.neon.model import Branch
from simulator.neon.refusals import Invalid
from simulator.neon.wire import Call, Handler

_MOST = 10_000
_ORDERS: dict[str, Callable[[Branch], str]] = {
    "name": lambda branch: branch.name,
    "created_at": lambda branch: rfc3339(branch.created_at),
    "updated_at": lambda branch: rfc3339(branch.updated_at),
}


async def index(call: Call) -> Response:
    project = call.plane.account.project(call.path("project"))
    sort_by, sort_order = call.query("sort_by") or "updated_at", call.query("sort_order") or "desc"
    if sort_by not in _ORDERS or sort_order not in {"asc", "desc"}:
        raise Invalid("sort_by must be name, created_at or updated_at; sort_order asc or desc")
    search = call.query("search") or ""
    found = sorted(
        (branch for branch in project.branches.values() if search in branch.name or search in branch.id),
        key=_ORDERS[sort_by],
        reverse=sort_order == "desc",
    )
    size = pages.limit(call.request.query_params, _MOST, _MOST)
    part, last = pages.page(found, lambda branch: branch.id, call.query("cursor"), size)
    more = bool(part) and part[-1] is not found[-1]
    now = call.plane.clock.now()
    return JSONResponse(
        {
            "branches": [shapes.branch(branch, project, now) for branch in part],
            "annotations": {},
            "pagination": {"sort_by": sort_by, "sort_order": sort_order} | ({"next": last} if more else {}),
        }
    )


async def count(call: Call) -> Response:
    return JSONResponse({"count": len(call.plane.account.project(call.path("project")).branches)})


async def get(call: Call) -> Response:
    project, branch = call.plane.account.branch(*call.branch)
    shape = shapes.branch(branch, project, call.plane.clock.now())
    return JSONResponse(
        {"branch": shape, "annotation": {"object": {"type": "branch", "id": branch.id}, "value": {}}}
    )


TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/projects/{project}/branches", index),
    ("GET", "/projects/{project}/branches/count", count),
    ("GET", "/projects/{project}/branches/{branch}", get),
)

"""Branches: listed, made from others, changed, deleted, put back."""

from collections.abc import Callable
from datetime import datetime

from starlette.responses import JSONResponse, Response

from simulator.neon import bodies, logins, pages, restoring, shapes
from simulator.neon import branches as rules
from simulator.neon.history import Point
from simulator.neon.model import Branch
from simulator.neon.routes.answers import branch, changed, gone, operations
from simulator.neon.wire import Call, Handler

_MOST = 10_000
_ORDERS: dict[str, Callable[[Branch], str | datetime]] = {
    "name": lambda value: value.name,
    "created_at": lambda value: value.created_at,
    "updated_at": lambda value: value.updated_at,
}


async def index(call: Call) -> Response:
    project = call.plane.account.project(call.path("project"))
    order = pages.order(call.request.query_params, tuple(_ORDERS), "updated_at")
    found = _matching(call)
    if call.flag("include_deleted"):
        found += [value for value in project.deleted_branches.values() if _matches(call, value)]
    found.sort(key=lambda value: (_ORDERS[order.by](value), value.id), reverse=order.descending)
    size = pages.limit(call.request.query_params, _MOST, _MOST)
    part, last = pages.page(found, lambda value: value.id, call.query("cursor"), size)
    more = bool(part) and part[-1] is not found[-1]
    return JSONResponse(
        {
            "branches": [branch(call, value, project) for value in part],
            "annotations": {value.id: shapes.annotation(value) for value in part if value.annotations},
            "pagination": order.shape() | ({"next": last} if more else {}),
        }
    )


async def count(call: Call) -> Response:
    return JSONResponse({"count": len(_matching(call))})


async def get(call: Call) -> Response:
    project, value = call.plane.account.branch(*call.branch)
    return JSONResponse({"branch": branch(call, value, project), "annotation": shapes.annotation(value)})


async def create(call: Call) -> Response:
    given = await call.optional(bodies.BRANCH)
    wanted = given.get("branch", {})
    own = ("parent_id", "name", "protected", "archived", "init_source", "expires_at")
    blueprint = rules.Blueprint(
        **{name: wanted[name] for name in own if name in wanted},
        point=Point(wanted.get("parent_lsn"), wanted.get("parent_timestamp")),
        annotations=given.get("annotation_value", {}),
        endpoints=tuple(given.get("endpoints", ())),
    )
    made, begun = rules.create(call.plane, call.path("project"), blueprint)
    project = call.plane.account.project(call.path("project"))
    login = logins.only(made, project.read_write(made.id), call.place)
    return JSONResponse(
        {
            "branch": branch(call, made, project),
            "endpoints": [shapes.endpoint(value) for value in project.of_branch(made.id)],
            "roles": [shapes.role(value) for value in made.roles.values()],
            "databases": [shapes.database(value) for value in made.databases.values()],
            **operations(begun),
            **({"connection_uris": [shapes.connection(login)]} if login else {}),
        },
        201,
    )


async def update(call: Call) -> Response:
    given = await call.body("branch", bodies.BRANCH_CHANGE)
    return changed("branch", branch(call, rules.update(call.plane, *call.branch, given)), ())


async def delete(call: Call) -> Response:
    deleted = rules.delete(call.plane, *call.branch, hard=call.flag("hard_delete"))
    return changed("branch", branch(call, deleted[0]), deleted[1]) if deleted else gone()


async def restore(call: Call) -> Response:
    given = await call.document(bodies.BRANCH_RESTORE)
    point = Point(given.get("source_lsn") or None, given.get("source_timestamp"))
    preserve_as = given.get("preserve_under_name", "")
    value, begun = restoring.restore(call.plane, call.branch, given["source_branch_id"], point, preserve_as)
    return changed("branch", branch(call, value), begun)


async def set_as_default(call: Call) -> Response:
    return changed("branch", branch(call, rules.set_as_default(call.plane, *call.branch)), ())


async def recover(call: Call) -> Response:
    value, endpoints = rules.recover(call.plane, *call.branch)
    return JSONResponse(
        {"branch": branch(call, value), "endpoints": [shapes.endpoint(one) for one in endpoints]}
    )


async def finalize_restore(call: Call) -> Response:
    given = await call.optional(bodies.FINALIZE)
    return JSONResponse(operations(restoring.finalize(call.plane, *call.branch, given.get("name"))))


def _matching(call: Call) -> list[Branch]:
    project = call.plane.account.project(call.path("project"))
    return [value for value in project.branches.values() if _matches(call, value)]


def _matches(call: Call, value: Branch) -> bool:
    search = call.query("search") or ""
    return search in value.name or search in value.id


_ALL = "/projects/{project}/branches"
_ONE = f"{_ALL}/{{branch}}"
TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", _ALL, index),
    ("POST", _ALL, create),
    ("GET", f"{_ALL}/count", count),
    ("GET", _ONE, get),
    ("PATCH", _ONE, update),
    ("DELETE", _ONE, delete),
    ("POST", f"{_ONE}/restore", restore),
    ("POST", f"{_ONE}/set_as_default", set_as_default),
    ("POST", f"{_ONE}/recover", recover),
    ("POST", f"{_ONE}/finalize_restore", finalize_restore),
)

"""Projects and their connection strings."""

from typing import Any

from starlette.responses import JSONResponse, Response

from simulator.neon import bodies, logins, pages, shapes
from simulator.neon import projects as rules
from simulator.neon.model import Project
from simulator.neon.refusals import Invalid
from simulator.neon.routes.answers import branch, changed, operations
from simulator.neon.wire import Call, Handler

NO_ORGANIZATION = "org_id is required, you can find it on your organization settings page"
_DEFAULT_LIMIT, _MOST = 10, 400
_TIMEOUT = (100, 30_000)
_OWN = ("name", "region_id", "store_passwords", "history_retention_seconds", "settings")


async def index(call: Call) -> Response:
    call.key.require_unscoped()
    _require_organization(call, call.query("org_id"))
    pages.number(call.request.query_params, "timeout", _TIMEOUT[1], _TIMEOUT)
    account = call.plane.account
    every = account.deleted if call.flag("recoverable") else account.projects
    part, following = _page(call, list(every.values()))
    unavailable = [project.id for project in part if account.mishaps.unavailable(project.id, project.name)]
    return JSONResponse(
        {
            "projects": [
                shapes.project_item(account, project, call.pg_version)
                for project in part
                if project.id not in unavailable
            ],
            **({"unavailable_project_ids": unavailable} if unavailable else {}),
            **following,
            "applications": {},
            "integrations": {},
        }
    )


async def shared(call: Call) -> Response:
    """Nobody else shares anything with this account."""
    call.key.require_unscoped()
    _, following = _page(call, [])
    return JSONResponse({"projects": [], **following})


async def get(call: Call) -> Response:
    return JSONResponse({"project": _shape(call, call.plane.account.project(call.path("project")))})


async def create(call: Call) -> Response:
    call.key.require_unscoped()
    plane = call.plane
    blueprint = _blueprint(call, await call.body("project", bodies.PROJECT))
    project, endpoint, secret, begun = rules.create(plane, blueprint)
    default = project.default_branch
    login = logins.Login(endpoint, blueprint.owner, secret, blueprint.database_name, call.place)
    return JSONResponse(
        {
            "project": _shape(call, project),
            "connection_uris": [shapes.connection(login)],
            "roles": [shapes.role(role, secret) for role in default.roles.values()],
            "databases": [shapes.database(database) for database in default.databases.values()],
            **operations(begun),
            "branch": branch(call, default, project),
            "endpoints": [shapes.endpoint(endpoint)],
        },
        201,
    )


async def update(call: Call) -> Response:
    given = await call.body("project", bodies.PROJECT_CHANGE)
    project, begun = rules.update(call.plane, call.path("project"), given)
    return changed("project", _shape(call, project), begun)


async def delete(call: Call) -> Response:
    project = call.plane.account.project(call.path("project"))
    call.key.require_admin()
    return JSONResponse({"project": _shape(call, rules.delete(call.plane, project.id))})


async def recover(call: Call) -> Response:
    call.key.require_admin()
    project = rules.recover(call.plane, call.path("project"))
    found = [branch(call, value, project) for value in project.branches.values()]
    return JSONResponse({"project": _shape(call, project), "branches": found})


async def permissions(call: Call) -> Response:
    """Everybody who may use the project belongs to its organization."""
    call.plane.account.project(call.path("project"))
    return JSONResponse({"project_permissions": []})


async def connection_uri(call: Call) -> Response:
    login = logins.login(
        call.plane,
        call.path("project"),
        role_name=call.required("role_name"),
        database_name=call.required("database_name"),
        branch_id=call.query("branch_id"),
        endpoint_id=call.query("endpoint_id"),
        pooled=call.flag("pooled"),
        place=call.place,
    )
    return JSONResponse({"uri": login.uri})


def _page(call: Call, every: list[Project]) -> tuple[list[Project], dict[str, object]]:
    search = call.query("search") or ""
    found = [project for project in every if search in project.name or search in project.id]
    size = pages.limit(call.request.query_params, _DEFAULT_LIMIT, _MOST)
    cursor = call.query("cursor")
    part, last = pages.page(found, lambda project: project.id, cursor, size)
    return list(part), pages.following(last, cursor)


def _shape(call: Call, project: Project) -> shapes.Json:
    return shapes.project(call.plane.account, project, call.pg_version)


def _require_organization(call: Call, org_id: str | None) -> None:
    """A personal key has to say whose projects are meant; an organization's key says it by itself."""
    if not org_id and call.key.personal:
        raise Invalid(NO_ORGANIZATION)
    if org_id:
        call.plane.account.require_organization(org_id)


def _blueprint(call: Call, given: dict[str, Any]) -> rules.Blueprint:
    _require_organization(call, given.get("org_id"))
    own = given.get("branch", {})
    limits = {name: given[name] for name in given if name.startswith("autoscaling_limit_")}
    taken: dict[str, Any] = {name: given[name] for name in _OWN if name in given}
    taken |= {("branch_name" if name == "name" else name): value for name, value in own.items()}
    taken["default_endpoint_settings"] = limits | given.get("default_endpoint_settings", {})
    return rules.Blueprint(**taken)


_ONE = "/projects/{project}"
TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/projects", index),
    ("POST", "/projects", create),
    ("GET", "/projects/shared", shared),
    ("GET", _ONE, get),
    ("PATCH", _ONE, update),
    ("DELETE", _ONE, delete),
    ("POST", f"{_ONE}/recover", recover),
    ("GET", f"{_ONE}/permissions", permissions),
    ("GET", f"{_ONE}/connection_uri", connection_uri),
)

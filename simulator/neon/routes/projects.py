"""Projects, their connection strings, and whose key it is."""

from typing import Any

from starlette.responses import JSONResponse, Response

from simulator.neon import bodies, pages, shapes
from simulator.neon import projects as rules
from simulator.neon.refusals import Invalid
from simulator.neon.routes.answers import operations
from simulator.neon.wire import Call, Handler

_DEFAULT_LIMIT, _MOST = 10, 400
_VERSIONS = range(14, 19)


async def auth(call: Call) -> Response:
    return JSONResponse({"account_id": call.plane.account.org_id, "auth_method": "api_key_org"})


async def index(call: Call) -> Response:
    account = call.plane.account
    search, org = call.query("search") or "", call.query("org_id")
    found = [
        project
        for project in account.projects.values()
        if (search in project.name or search in project.id) and org in {None, account.org_id}
    ]
    size = pages.limit(call.request.query_params, _DEFAULT_LIMIT, _MOST)
    cursor = call.query("cursor")
    part, last = pages.page(found, lambda project: project.id, cursor, size)
    return JSONResponse(
        {
            "projects": [shapes.project_item(account, project, call.pg_version) for project in part],
            **pages.following(last, cursor),
            "applications": {},
            "integrations": {},
        }
    )


async def get(call: Call) -> Response:
    project = call.plane.account.project(call.path("project"))
    return JSONResponse({"project": shapes.project(call.plane.account, project, call.pg_version)})


async def create(call: Call) -> Response:
    plane = call.plane
    blueprint = _blueprint(call, await call.body("project", bodies.PROJECT))
    project, endpoint, secret, begun = rules.create(plane, blueprint)
    branch = project.default_branch
    login = rules.Login(endpoint, blueprint.role_name, secret, blueprint.database_name, call.place)
    return JSONResponse(
        {
            "project": shapes.project(plane.account, project, call.pg_version),
            "connection_uris": [shapes.connection(login)],
            "roles": [shapes.role(role, secret) for role in branch.roles.values()],
            "databases": [shapes.database(database) for database in branch.databases.values()],
            **operations(begun),
            "branch": shapes.branch(branch, project, plane.clock.now()),
            "endpoints": [shapes.endpoint(endpoint)],
        },
        201,
    )


async def connection_uri(call: Call) -> Response:
    login = rules.login(
        call.plane,
        call.path("project"),
        role_name=call.required("role_name"),
        database_name=call.required("database_name"),
        branch_id=call.query("branch_id"),
        endpoint_id=call.query("endpoint_id"),
        pooled=_flag("pooled", call.query("pooled")),
        place=call.place,
    )
    return JSONResponse({"uri": login.uri})


def _blueprint(call: Call, given: dict[str, Any]) -> rules.Blueprint:
    if given.get("pg_version", _VERSIONS[0]) not in _VERSIONS:
        raise Invalid(f"project.pg_version must be {_VERSIONS[0]} to {_VERSIONS[-1]}")
    if given.get("org_id", call.plane.account.org_id) != call.plane.account.org_id:
        raise Invalid("project.org_id is not an organization of this key")
    branch = bodies.PROJECT_BRANCH.check("project.branch", given.get("branch", {}))
    compute = bodies.ENDPOINT_SETTINGS.check(
        "project.default_endpoint_settings", given.get("default_endpoint_settings", {})
    )
    own = ("name", "region_id", "store_passwords", "history_retention_seconds", "settings")
    taken: dict[str, Any] = {name: given[name] for name in own if name in given}
    taken |= {("branch_name" if name == "name" else name): value for name, value in branch.items()}
    timeout = "suspend_timeout_seconds"
    taken |= {timeout: compute[timeout]} if timeout in compute else {}
    return rules.Blueprint(**taken)


def _flag(name: str, text: str | None) -> bool:
    if text not in {None, "true", "false"}:
        raise Invalid(f"query parameter {name} must be true or false")
    return text == "true"


TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/auth", auth),
    ("GET", "/projects", index),
    ("POST", "/projects", create),
    ("GET", "/projects/{project}", get),
    ("GET", "/projects/{project}/connection_uri", connection_uri),
)

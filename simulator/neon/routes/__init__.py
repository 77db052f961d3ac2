"""The calls of the API, one module per kind of object: read the request, ask the rules, shape the answer."""

from simulator.neon.routes import auth, branches, databases, endpoints, operations, projects, roles
from simulator.neon.wire import Handler

TABLE: tuple[tuple[str, str, Handler], ...] = (
    *projects.TABLE,
    *branches.TABLE,
    *endpoints.TABLE,
    *roles.TABLE,
    *databases.TABLE,
    *operations.TABLE,
    *auth.TABLE,
)

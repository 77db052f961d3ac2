"""The calls of the API, one module per kind of object: read the request, ask the rules, shape the answer."""

from simulator.neon.routes import (
    account,
    api_keys,
    auth,
    branches,
    consumption,
    databases,
    endpoints,
    operations,
    projects,
    roles,
    snapshots,
)
from simulator.neon.wire import Handler

TABLE: tuple[tuple[str, str, Handler], ...] = (
    *account.TABLE,
    *api_keys.TABLE,
    *projects.TABLE,
    *branches.TABLE,
    *endpoints.TABLE,
    *roles.TABLE,
    *databases.TABLE,
    *operations.TABLE,
    *snapshots.TABLE,
    *auth.TABLE,
    *consumption.TABLE,
)

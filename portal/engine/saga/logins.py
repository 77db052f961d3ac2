"""Login roles beside an owner that Neon made: their names, and how one comes to work."""

from functools import partial

from portal.core.dsn import password_of
from portal.core.facets import TenantKey
from portal.core.names import parameter_name, work_role
from portal.core.secrets import Secret
from portal.engine.saga.work import Work
from portal.errors import AccessDenied, Protocol
from portal.ports import Neon

OWNER_KEY = "database_owner_url"


def login_roles(tenant: TenantKey) -> tuple[str, str]:
    """The two that take turns."""
    return _named(tenant, "a"), _named(tenant, "b")


def owner_group(tenant: TenantKey) -> str:
    """The group that owns the tenant's tables, so that all its roles may do the same."""
    return _named(tenant, "owner")


def owner_parameter(work: Work) -> str:
    """Where the owner's own connection string is kept, which no pod is given."""
    prefix, tenant = work.ports.settings.platform.parameter_prefix, work.tenant
    return parameter_name(prefix, tenant.environment, tenant.service, OWNER_KEY)


def _named(tenant: TenantKey, suffix: str) -> str:
    return work_role(tenant.service, tenant.environment, suffix)


def new_password(work: Work) -> Secret:
    """256 random bits; Neon asks for 60."""
    return Secret(work.ports.keys.token() + work.ports.keys.token())


async def logs_in(work: Work, uri: Secret) -> bool:
    """Whether it is let in; a compute that does not answer is not an answer."""
    try:
        await work.read(partial(work.ports.sql.login, uri))
    except AccessDenied:
        return False
    return True


async def ensure_login(work: Work, owner: Secret, uri: Secret, role: str) -> None:
    """The role of this connection string logs in with its password; done once it does."""
    sql, group = work.ports.sql, owner_group(work.tenant)
    if await logs_in(work, uri):
        return
    password = password_of(uri) or Secret("")
    await work.repeatedly(lambda: sql.share_ownership(owner, group))
    await work.repeatedly(lambda: sql.set_login(owner, role, group, password))
    who = await work.read(lambda: sql.login(uri))
    if who != role:
        raise Protocol(f"logged in as {who}", system="neon", operation="login", target=role)


async def host_of(work: Work) -> str:
    """Where the branch's read_write compute listens."""
    return await work.read(lambda: host_at(work.ports.neon, work.project, work.branch))


async def host_at(neon: Neon, project: str, branch: str) -> str:
    """Where a branch's read_write compute listens; raises Protocol where it has none."""
    for endpoint in await neon.endpoints(project):
        if endpoint.branch_id == branch and endpoint.type == "read_write":
            return endpoint.host
    raise Protocol(
        "the branch has no read_write compute", system="neon", operation="endpoints", target=branch
    )

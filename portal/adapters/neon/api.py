"""`portal.ports.Neon` over API v2. Databases and roles live under a branch; there is no shorter path."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import quote

from portal.adapters.neon import decode
from portal.adapters.neon.decode import Document
from portal.adapters.neon.failures import SYSTEM, Call
from portal.adapters.neon.paging import Page, every_page, page
from portal.adapters.neon.transport import KeySource, Transport
from portal.adapters.threads import Threads
from portal.core.neon import (
    NeonAuth,
    NeonBranch,
    NeonDatabase,
    NeonEndpoint,
    NeonOperation,
    NeonProject,
    NeonRole,
    RoleCreated,
)
from portal.core.secrets import Secret
from portal.errors import NotFound, UsageError
from portal.settings import NeonSettings

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

_PROJECTS_A_PAGE = 400
_BRANCHES_A_PAGE = 1000
_OPERATIONS_A_PAGE = 100
_AUTH_PROVIDER = "better_auth"


class NeonApi:
    """An async context manager; the key is asked for at the first call and again after a refusal."""

    def __init__(
        self,
        settings: NeonSettings,
        api_key: KeySource,
        *,
        threads: Threads | None = None,
        wire: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        self._transport = Transport(
            settings.url, settings.timeout_seconds, api_key, threads=threads, wire=wire
        )
        self.traffic = self._transport.traffic

    async def __aenter__(self) -> Self:
        await self._transport.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.aclose()

    async def whoami(self) -> str:
        """The account behind the key."""
        call = Call("getAuthDetails", "GET", "/auth")
        return await self._send(call, lambda document: decode.required(document, "account_id", str))

    async def projects(self) -> tuple[NeonProject, ...]:
        """Every project; those a slow backend kept out of the listing are asked for one by one."""
        call = Call("listProjects", "GET", "/projects", query=_limit(_PROJECTS_A_PAGE))
        listing = await self._pages(call, page("projects", "cursor", decode.project))
        listed = {project.id for project in listing.items}
        apart = [name for name in dict.fromkeys(listing.unavailable) if name not in listed]
        return (*listing.items, *[await self.project(name) for name in apart])

    async def project(self, project_id: str) -> NeonProject:
        """One project."""
        call = Call("getProject", "GET", _path("projects", project_id), project_id)
        return await self._send(call, lambda document: decode.project(decode.nested(document, "project")))

    async def branches(self, project_id: str) -> tuple[NeonBranch, ...]:
        """Every branch of a project."""
        path = _path("projects", project_id, "branches")
        call = Call("listProjectBranches", "GET", path, project_id, _limit(_BRANCHES_A_PAGE))
        return (await self._pages(call, page("branches", "next", decode.branch))).items

    async def endpoints(self, project_id: str) -> tuple[NeonEndpoint, ...]:
        """Every compute of a project."""
        call = Call("listProjectEndpoints", "GET", _path("projects", project_id, "endpoints"), project_id)
        return await self._send(call, _list("endpoints", decode.endpoint))

    async def create_endpoint(self, project_id: str, branch_id: str) -> tuple[NeonOperation, ...]:
        """A read_write compute for the branch."""
        body = {"endpoint": {"branch_id": branch_id, "type": "read_write"}}
        path = _path("projects", project_id, "endpoints")
        call = Call("createProjectEndpoint", "POST", path, f"{project_id}/{branch_id}", body=body)
        return await self._send(call, decode.operations)

    async def roles(self, project_id: str, branch_id: str) -> tuple[NeonRole, ...]:
        """Every role of a branch."""
        path = _branch(project_id, branch_id, "roles")
        call = Call("listProjectBranchRoles", "GET", path, f"{project_id}/{branch_id}")
        return await self._send(call, _list("roles", decode.role))

    async def create_role(self, project_id: str, branch_id: str, name: str) -> RoleCreated:
        """A login role; its password comes with the answer."""
        path = _branch(project_id, branch_id, "roles")
        call = Call("createProjectBranchRole", "POST", path, name, body={"role": {"name": name}})
        return await self._send(call, decode.role_created)

    async def reveal_password(self, project_id: str, branch_id: str, role: str) -> Secret:
        """The stored password. Raises Precondition when the project does not store passwords."""
        path = _branch(project_id, branch_id, "roles", role, "reveal_password")
        call = Call("getProjectBranchRolePassword", "GET", path, role)
        return await self._send(call, lambda document: decode.secret(document, "password"))

    async def reset_password(self, project_id: str, branch_id: str, role: str) -> RoleCreated:
        """A new password; the old one works until the last operation finished."""
        path = _branch(project_id, branch_id, "roles", role, "reset_password")
        return await self._send(
            Call("resetProjectBranchRolePassword", "POST", path, role), decode.role_created
        )

    async def databases(self, project_id: str, branch_id: str) -> tuple[NeonDatabase, ...]:
        """Every database of a branch."""
        path = _branch(project_id, branch_id, "databases")
        call = Call("listProjectBranchDatabases", "GET", path, f"{project_id}/{branch_id}")
        return await self._send(call, _list("databases", decode.database))

    async def create_database(
        self, project_id: str, branch_id: str, name: str, owner: str
    ) -> tuple[NeonOperation, ...]:
        """A database owned by an existing role."""
        path = _branch(project_id, branch_id, "databases")
        body = {"database": {"name": name, "owner_name": owner}}
        return await self._send(
            Call("createProjectBranchDatabase", "POST", path, name, body=body), decode.operations
        )

    async def delete_database(self, project_id: str, branch_id: str, name: str) -> tuple[NeonOperation, ...]:
        """Its sessions are cut; nothing where it is gone already."""
        path = _branch(project_id, branch_id, "databases", name)
        return await self._delete(Call("deleteProjectBranchDatabase", "DELETE", path, name))

    async def delete_role(self, project_id: str, branch_id: str, name: str) -> tuple[NeonOperation, ...]:
        """Nothing where it is gone already; raises Precondition while it owns a database."""
        path = _branch(project_id, branch_id, "roles", name)
        return await self._delete(Call("deleteProjectBranchRole", "DELETE", path, name))

    async def operations(self, project_id: str) -> tuple[NeonOperation, ...]:
        """The newest page, newest first."""
        path = _path("projects", project_id, "operations")
        call = Call("listProjectOperations", "GET", path, project_id, _limit(_OPERATIONS_A_PAGE))
        return await self._send(call, _list("operations", decode.operation))

    async def operation(self, project_id: str, operation_id: str) -> NeonOperation:
        """One operation."""
        path = _path("projects", project_id, "operations", operation_id)
        call = Call("getProjectOperation", "GET", path, operation_id)
        return await self._send(call, lambda document: decode.operation(decode.nested(document, "operation")))

    async def connection_uri(
        self, project_id: str, branch_id: str, database: str, role: str, *, pooled: bool
    ) -> Secret:
        """The connection string with its password."""
        query = (
            ("branch_id", branch_id),
            ("database_name", database),
            ("role_name", role),
            ("pooled", "true" if pooled else "false"),
        )
        call = Call(
            "getConnectionURI", "GET", _path("projects", project_id, "connection_uri"), database, query
        )
        return await self._send(call, lambda document: decode.secret(document, "uri"))

    async def auth(self, project_id: str, branch_id: str) -> NeonAuth | None:
        """Neon Auth of the branch, None where it is not enabled."""
        call = Call("getNeonAuth", "GET", _branch(project_id, branch_id, "auth"), branch_id)
        try:
            return await self._send(call, lambda document: decode.auth(document, branch_id))
        except NotFound:
            return None

    async def enable_auth(self, project_id: str, branch_id: str, database: str) -> NeonAuth:
        """Turn Neon Auth on; the server key in the answer is dropped, nobody here needs it."""
        body = {"auth_provider": _AUTH_PROVIDER, "database_name": database}
        call = Call("createNeonAuth", "POST", _branch(project_id, branch_id, "auth"), branch_id, body=body)
        return await self._send(call, lambda document: decode.auth(document, branch_id))

    async def jwks(self, url: str) -> Mapping[str, object]:
        """The key set served at `url`."""
        return await self._transport.fetch(Call("getJwks", "GET", "", url), url, decode.key_set)

    async def _delete(self, call: Call) -> tuple[NeonOperation, ...]:
        try:
            return await self._send(call, decode.operations)
        except NotFound:
            return ()

    async def _send(self, call: Call, reader: Callable[[Document], T]) -> T:
        return await self._transport.send(call, reader)

    async def _pages(self, call: Call, reader: Callable[[Document], Page[T]]) -> Page[T]:
        async def fetch(cursor: str) -> Page[T]:
            query = (*call.query, ("cursor", cursor)) if cursor else call.query
            return await self._send(replace(call, query=query), reader)

        return await every_page(fetch)


def _limit(count: int) -> tuple[tuple[str, str], ...]:
    return (("limit", str(count)),)


def _list(field: str, item: Callable[[Document], T]) -> Callable[[Document], tuple[T, ...]]:
    """A reader of a listing that has no pages."""
    return lambda document: decode.every(document, field, item)


def _branch(project_id: str, branch_id: str, *rest: str) -> str:
    return _path("projects", project_id, "branches", branch_id, *rest)


def _path(*segments: str) -> str:
    """An absolute path; each segment is escaped, and none may climb out of its place."""
    for segment in segments:
        if segment in {"", ".", ".."}:
            raise UsageError(f"{segment!r} cannot name anything in Neon", system=SYSTEM)
    return "".join(f"/{quote(segment, safe='')}" for segment in segments)

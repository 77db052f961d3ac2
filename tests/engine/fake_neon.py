"""Neon's control plane over the in-memory world."""

from collections.abc import Mapping
from dataclasses import replace

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
from portal.errors import (
    Conflict,
    Locked,
    NotFound,
    Precondition,
)
from tests.engine.boundaries import boundary
from tests.engine.fakes import BRANCH, OPERATION_SECONDS, PROJECT, World


class FakeNeon:
    """One project, one branch; one operation at a time, the next mutation before its end is 423."""

    def __init__(self, world: World) -> None:
        self.world, self.boundaries = world, world.boundaries

    def _started(self, action: str) -> tuple[NeonOperation, ...]:
        operation = NeonOperation(
            self.world.secret("op").removeprefix("canary-"), PROJECT, action, "running", "", BRANCH
        )
        ends = self.boundaries.clock.monotonic() + OPERATION_SECONDS
        self.world.operations[operation.id] = (operation, ends)
        return (operation,)

    def _now(self, name: str) -> NeonOperation:
        operation, ends = self.world.operations[name]
        return (
            replace(operation, status="finished") if self.boundaries.clock.monotonic() >= ends else operation
        )

    def _lock(self) -> None:
        self.world.allow("neon")
        if any(self._now(name).status == "running" for name in self.world.operations):
            raise Locked(
                "project already has running conflicting operations", system="neon", operation="create"
            )

    @boundary("neon")
    async def whoami(self) -> str:
        self.world.allow("neon")
        return "account-1"

    @boundary("neon")
    async def projects(self) -> tuple[NeonProject, ...]:
        return ()

    @boundary("neon")
    async def project(self, project_id: str) -> NeonProject:
        self.world.allow("neon")
        if project_id != PROJECT:
            raise NotFound("no such project", system="neon", operation="project")
        return NeonProject(PROJECT, "dev", "aws-ap-south-1", 17, self.world.store_passwords)

    @boundary("neon")
    async def branches(self, project_id: str) -> tuple[NeonBranch, ...]:
        self.world.allow("neon")
        return (NeonBranch(BRANCH, project_id, "main", "ready", default=True),)

    @boundary("neon")
    async def endpoints(self, project_id: str) -> tuple[NeonEndpoint, ...]:
        self.world.allow("neon")
        return tuple(item for item in self.world.endpoints.values() if item.project_id == project_id)

    @boundary("neon", mutating=True)
    async def create_endpoint(self, project_id: str, branch_id: str) -> tuple[NeonOperation, ...]:
        self._lock()
        if self.world.endpoints:
            raise Conflict("the branch has a read_write endpoint", system="neon", operation="create_endpoint")
        host = "ep-cool-dawn-1.ap-south-1.aws.neon.localhost"
        self.world.endpoints["ep-cool-dawn-1"] = NeonEndpoint(
            "ep-cool-dawn-1", project_id, branch_id, host, "read_write", "init", disabled=False
        )
        return self._started("start_compute")

    @boundary("neon")
    async def roles(self, project_id: str, branch_id: str) -> tuple[NeonRole, ...]:
        self.world.allow("neon")
        return tuple(NeonRole(name, branch_id) for name in self.world.roles if project_id == PROJECT)

    @boundary("neon", mutating=True)
    async def create_role(self, project_id: str, branch_id: str, name: str) -> RoleCreated:
        self._lock()
        if name in self.world.roles:
            raise Conflict("role exists", system="neon", operation="create_role", target=project_id)
        password = self.world.roles[name] = self.world.secret("password")
        return RoleCreated(NeonRole(name, branch_id), Secret(password), self._started("apply_config"))

    @boundary("neon")
    async def reveal_password(self, project_id: str, branch_id: str, role: str) -> Secret:
        if not self.world.store_passwords:
            raise Precondition(
                "storing passwords is not enabled", system="neon", operation="reveal", target=project_id
            )
        if role not in self.world.roles:
            raise NotFound("no such role", system="neon", operation="reveal", target=branch_id)
        return Secret(self.world.roles[role])

    @boundary("neon", mutating=True)
    async def reset_password(self, project_id: str, branch_id: str, role: str) -> RoleCreated:
        self._lock()
        password = self.world.roles[role] = self.world.secret("reset")
        self.world.resets.append(f"{project_id}/{role}")
        return RoleCreated(NeonRole(role, branch_id), Secret(password), self._started("apply_config"))

    @boundary("neon")
    async def databases(self, project_id: str, branch_id: str) -> tuple[NeonDatabase, ...]:
        self.world.allow("neon")
        owned = self.world.databases.items() if project_id == PROJECT else ()
        return tuple(NeonDatabase(name, branch_id, owner) for name, owner in owned)

    @boundary("neon", mutating=True)
    async def create_database(
        self, project_id: str, branch_id: str, name: str, owner: str
    ) -> tuple[NeonOperation, ...]:
        self._lock()
        if owner not in self.world.roles:
            raise Precondition(
                "database owner not found", system="neon", operation="create_database", target=branch_id
            )
        if name in self.world.databases:
            raise Conflict("database exists", system="neon", operation="create_database", target=project_id)
        self.world.databases[name] = owner
        return self._started("apply_config")

    @boundary("neon", mutating=True)
    async def delete_database(self, project_id: str, branch_id: str, name: str) -> tuple[NeonOperation, ...]:
        self._lock()
        assert (project_id, branch_id) == (PROJECT, BRANCH)
        return self._started("apply_config") if self.world.databases.pop(name, None) else ()

    @boundary("neon", mutating=True)
    async def delete_role(self, project_id: str, branch_id: str, name: str) -> tuple[NeonOperation, ...]:
        self._lock()
        assert (project_id, branch_id) == (PROJECT, BRANCH)
        if name in self.world.databases.values():
            raise Precondition("role owns a database", system="neon", operation="delete_role", target=name)
        return self._started("apply_config") if self.world.roles.pop(name, None) else ()

    @boundary("neon")
    async def operations(self, project_id: str) -> tuple[NeonOperation, ...]:
        return tuple(self._now(name) for name in reversed(self.world.operations) if project_id == PROJECT)

    @boundary("neon")
    async def operation(self, project_id: str, operation_id: str) -> NeonOperation:
        assert project_id == PROJECT
        return self._now(operation_id)

    @boundary("neon")
    async def connection_uri(
        self, project_id: str, branch_id: str, database: str, role: str, *, pooled: bool
    ) -> Secret:
        if not self.world.store_passwords:
            raise Precondition("storing passwords is not enabled", system="neon", operation="connection_uri")
        assert (project_id, branch_id) == (PROJECT, BRANCH)
        endpoint = next(iter(self.world.endpoints.values()))
        first, _, rest = endpoint.host.partition(".")
        host = f"{first}-pooler.{rest}" if pooled else endpoint.host
        return Secret(f"postgresql://{role}:{self.world.roles[role]}@{host}/{database}?sslmode=require")

    @boundary("neon")
    async def auth(self, project_id: str, branch_id: str) -> NeonAuth | None:
        self.world.allow("neon")
        assert (project_id, branch_id) == (PROJECT, BRANCH)
        return self.world.auth

    @boundary("neon", mutating=True)
    async def enable_auth(self, project_id: str, branch_id: str, database: str) -> NeonAuth:
        self._lock()
        assert project_id == PROJECT
        assert database in self.world.databases
        if self.world.auth:
            raise Conflict("already enabled", system="neon", operation="enable_auth")
        base = "https://auth.example/neondb/auth"
        self.world.auth = NeonAuth(branch_id, "better_auth", f"{base}/.well-known/jwks.json", base)
        return self.world.auth

    async def jwks(self, url: str) -> Mapping[str, object]:
        return {"keys": [], "url": url}

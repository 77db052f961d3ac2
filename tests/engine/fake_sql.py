"""PostgreSQL roles in memory: who may log in with what, and who owns the tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from portal.core.dsn import password_of, user_of
from portal.core.secrets import Secret
from portal.errors import AccessDenied, RefusedError
from tests.engine.boundaries import boundary
from tests.engine.fakes import World


@dataclass(slots=True)
class SqlRoles:
    """`passwords` of the roles made by SQL, None where they may not log in; `foreign` are somebody else's."""

    passwords: dict[str, str | None] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    sessions: dict[str, int] = field(default_factory=dict)
    tables_of: str = ""


class FakeSql:
    """Logins are checked against the API-made roles of the world and those of `roles`."""

    def __init__(self, world: World, roles: SqlRoles) -> None:
        self.world, self.boundaries, self.roles = world, world.boundaries, roles

    def lets_in(self, uri: Secret) -> bool:
        """Whether a login with this string works now."""
        user, password = user_of(uri), password_of(uri)
        known = self.world.roles.get(user, self.roles.passwords.get(user))
        return known is not None and password is not None and password.same_as(Secret(known))

    def _enter(self, uri: Secret) -> str:
        if not self.lets_in(uri):
            raise AccessDenied("password authentication failed", system="neon", operation="login")
        return user_of(uri)

    def _mine(self, role: str) -> None:
        if role in self.roles.foreign:
            raise RefusedError(f"role {role} exists and was not made by the portal; it is not touched")

    @boundary("sql")
    async def login(self, uri: Secret) -> str:
        return self._enter(uri)

    @boundary("sql", mutating=True)
    async def share_ownership(self, owner: Secret, group: str) -> None:
        self._enter(owner)
        self._mine(group)
        self.roles.groups.add(group)
        self.roles.tables_of = group

    @boundary("sql", mutating=True)
    async def set_login(self, owner: Secret, role: str, group: str, password: Secret) -> None:
        assert self._enter(owner) in self.world.roles
        assert group in self.roles.groups
        self._mine(role)
        self.roles.passwords[role] = password.reveal("test")

    @boundary("sql", mutating=True)
    async def forbid_login(self, owner: Secret, role: str) -> int:
        assert self._enter(owner) in self.world.roles
        self._mine(role)
        self.roles.passwords[role] = None
        return self.roles.sessions.get(role, 0)

    @boundary("sql", mutating=True)
    async def drop_roles(self, owner: Secret, roles: Sequence[str]) -> None:
        user = self._enter(owner)
        for role in roles:
            self._mine(role)
            self.roles.passwords.pop(role, None)
            if role in self.roles.groups:
                self.roles.groups.discard(role)
                self.roles.tables_of = user

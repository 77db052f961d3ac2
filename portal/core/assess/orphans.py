"""What stands in a system and no tenant claims: parameters, Neon roles, databases.

Only said of environments whose every tenant tells what it needs; a tenant without a readable service.yaml
claims everything that begins with its name.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from portal.core.chain import Orphan
from portal.core.names import database_name, role_name
from portal.core.observed import Needs

# Made by Neon itself, or by whoever made the project.
_NEONS_ROLES = frozenset({"neondb_owner", "neon_superuser", "authenticator", "authenticated", "anonymous"})
_NEONS_DATABASES = frozenset({"neondb", "postgres"})
_PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Standing:
    """What one environment holds, by names; what could not be read is empty."""

    parameters: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    databases: frozenset[str] = frozenset()


def orphans(
    environment: str, prefix: str, held: Standing, tenants: Mapping[str, Needs | None]
) -> Iterator[Orphan]:
    """In one environment, whose tenants are known by service: what they need, None where nobody can tell."""
    known = [needs for needs in tenants.values() if needs is not None]
    claimed = {name for needs in known for name in needs.parameters}
    for name in sorted(held.parameters - claimed):
        service, _, key = name.removeprefix(f"{prefix}/{environment}/").partition("/")
        if service == _PLATFORM or not key or (service in tenants and tenants[service] is None):
            continue
        why = f"{service} does not ask for {key}" if service in tenants else f"there is no tenant {service}"
        look = f"aws ssm get-parameter-history --name {name} --query Parameters[].LastModifiedDate"
        yield Orphan("parameter", environment, name, why, look)
    vague = [service for service, needs in tenants.items() if needs is None]
    roles = {needs.role for needs in known} | {role_name(service, environment) for service in vague}
    bases = {needs.database for needs in known} | {database_name(service, environment) for service in vague}
    yield from _unowned("role", environment, held.roles - _NEONS_ROLES, roles)
    yield from _unowned("database", environment, held.databases - _NEONS_DATABASES, bases)


def _unowned(kind: str, environment: str, held: Iterable[str], claimed: Iterable[str]) -> Iterator[Orphan]:
    """A name that continues a claimed one belongs to that tenant: the second role of a rotation does."""
    starts = tuple(name for name in claimed if name)
    for name in sorted(held):
        if not name.startswith(starts or ("\0",)):
            look = f'curl -sS -H "Authorization: Bearer $NEON_API_KEY" "$BRANCH/{kind}s"'
            yield Orphan(kind, environment, name, "no tenant of this environment asks for it", look)

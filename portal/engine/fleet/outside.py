"""Readings of Neon, Parameter Store, object storage and Neon Auth, each as facets."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from portal.core.facets import Absent, Facet, NeverLoaded, Present, Source, Unknown
from portal.core.neon import NeonBranch, NeonDatabase, NeonEndpoint, NeonOperation, NeonRole
from portal.core.observed import BucketPlace, KeySet
from portal.core.parameters import ParameterMeta
from portal.engine.fleet.sources import Sources, attempt, select
from portal.settings import EnvironmentSettings

T = TypeVar("T")

Parameters = Mapping[str, ParameterMeta]
_UNSEEN = NeverLoaded(Source.NEON)


@dataclass(frozen=True, slots=True)
class NeonView:
    """What is seen of the branch of one environment; roles and databases by name."""

    branch: Facet[NeonBranch] = _UNSEEN
    endpoints: Facet[tuple[NeonEndpoint, ...]] = _UNSEEN
    operations: Facet[tuple[NeonOperation, ...]] = _UNSEEN
    roles: Facet[Mapping[str, NeonRole]] = _UNSEEN
    databases: Facet[Mapping[str, NeonDatabase]] = _UNSEEN

    @property
    def facets(self) -> tuple[Facet[Any], ...]:
        """All of them."""
        return (self.branch, self.endpoints, self.operations, self.roles, self.databases)

    def after(self, before: "NeonView") -> "NeonView":
        """This view, with what could not be read this time as it was before."""
        return NeonView(
            later(before.branch, self.branch),
            later(before.endpoints, self.endpoints),
            later(before.operations, self.operations),
            later(before.roles, self.roles),
            later(before.databases, self.databases),
        )


def later(before: Facet[T], now: Facet[T]) -> Facet[T]:
    """The newer answer; where there is none, the last one, with its own age."""
    answered = isinstance(now, Present | Absent)
    return now if answered or not isinstance(before, Present | Absent) else before


async def read_neon(sources: Sources, environment: str) -> NeonView:
    """List calls only: they wake no compute."""
    place = sources.settings.environments.get(environment)
    if place is None:
        lost = Unknown(Source.NEON, f"no Neon project is configured for environment {environment}")
        return NeonView(lost, lost, lost, lost, lost)
    neon, clock, project = sources.neon, sources.clock, place.neon_project
    branches = await attempt(Source.NEON, clock, neon.branches, project)
    branch = select(branches, lambda found: _chosen(found, place))
    if not isinstance(branch, Present):
        return NeonView(branch, branch, branch, branch, branch)
    mine = branch.value.id
    endpoints, operations, roles, databases = await asyncio.gather(
        attempt(Source.NEON, clock, neon.endpoints, project),
        attempt(Source.NEON, clock, neon.operations, project),
        attempt(Source.NEON, clock, neon.roles, project, mine),
        attempt(Source.NEON, clock, neon.databases, project, mine),
    )
    return NeonView(
        branch,
        select(endpoints, lambda found: tuple(item for item in found if item.branch_id == mine)),
        select(operations, lambda found: tuple(item for item in found if item.branch_id in {"", mine})),
        select(roles, lambda found: {role.name: role for role in found}),
        select(databases, lambda found: {database.name: database for database in found}),
    )


def _chosen(branches: tuple[NeonBranch, ...], place: EnvironmentSettings) -> NeonBranch | None:
    """The named branch, by name or id; without a name the project's default."""
    if place.neon_branch:
        return next((item for item in branches if place.neon_branch in {item.name, item.id}), None)
    return next((item for item in branches if item.default), None)


async def read_parameters(sources: Sources, *prefixes: str) -> Facet[Parameters]:
    """Metadata below the prefixes, never a value."""
    read = [attempt(Source.SSM, sources.clock, sources.parameters.describe, prefix) for prefix in prefixes]
    found: dict[str, ParameterMeta] = {}
    seen = sources.clock.monotonic()
    for facet in await asyncio.gather(*read):
        match facet:
            case Present(value=metas, seen_at=at):
                found.update({meta.name: meta for meta in metas})
                seen = min(seen, at)
            case Absent():
                pass
            case _:
                return facet
    return Present(found, Source.SSM, seen)


async def read_bucket(sources: Sources, place: BucketPlace) -> Facet[bool]:
    """Whether the bucket is there for this credential."""
    provider, bucket = place
    return await attempt(Source.STORAGE, sources.clock, sources.storage.bucket_exists, provider, bucket)


async def read_keys(sources: Sources, environment: str, branch: Facet[NeonBranch]) -> Facet[KeySet]:
    """Neon Auth of the environment's branch and the keys it serves."""
    if not isinstance(branch, Present):
        return _as_auth(branch)
    project = sources.settings.environments[environment].neon_project
    auth = await attempt(Source.AUTH, sources.clock, sources.neon.auth, project, branch.value.id)
    if not isinstance(auth, Present):
        return auth
    enabled = auth.value
    if enabled is None:
        return Absent(Source.AUTH, auth.seen_at)
    keys = await attempt(Source.AUTH, sources.clock, sources.neon.jwks, enabled.jwks_url)
    if isinstance(keys, Absent):
        return Present(KeySet(enabled, 0), Source.AUTH, keys.seen_at)
    return select(keys, lambda found: KeySet(enabled, _count(found)))


def _count(document: Mapping[str, object]) -> int:
    keys = document.get("keys")
    return len(keys) if isinstance(keys, list | tuple) else 0


def _as_auth(branch: Facet[NeonBranch]) -> Facet[KeySet]:
    """A branch nobody saw leaves its Neon Auth unseen too."""
    if isinstance(branch, Absent):
        return Absent(Source.AUTH, branch.seen_at)
    if isinstance(branch, NeverLoaded):
        return NeverLoaded(Source.AUTH)
    reason = branch.reason if not isinstance(branch, Present) else ""
    return Unknown(Source.AUTH, reason)

"""What Parameter Store holds for a tenant, and whether the cluster has taken it over: metadata alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.core.facets import TenantKey
from portal.core.names import parameter_path, platform_parameter
from portal.core.objects.meta import condition
from portal.core.parameters import ParameterMeta, ParameterVersion
from portal.core.pushing import key_of
from portal.core.wording import age
from portal.engine.retry import reading
from portal.engine.tenant_secrets.sync import Copy, copies, refuse_unknown_environment
from portal.engine.world import Ports
from portal.errors import PortalError

# Parameter Store and Kubernetes write whole seconds by clocks of their own.
_TICK = 1.0


class Drift(StrEnum):
    """How the cluster's copy of a parameter stands to it, by dates alone."""

    CURRENT = "current"
    BEHIND = "behind"
    ABSENT = "absent"
    UNUSED = "unused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Held:
    """One parameter; `version` is 0 where it is named in the cluster and does not exist. `age_seconds` counts
    from its last change; `secret` is `namespace/name` of its copy.
    """

    key: str
    parameter: str
    version: int
    type: str
    age_seconds: float | None
    drift: Drift
    secret: str = ""
    detail: str = ""


async def overview(ports: Ports, tenant: TenantKey) -> tuple[Held, ...]:
    """Every parameter of the tenant, and every one its ExternalSecrets ask for, by name; what its environment
    shares only where the tenant reads it, or where that cannot be told.
    """
    refuse_unknown_environment(ports, tenant)
    found = await parameters(ports, tenant)
    why = ""
    copied: tuple[Copy, ...] = ()
    try:
        copied = await copies(ports, tenant)
    except PortalError as error:
        why = error.cause
    own = parameter_path(ports.settings.platform.parameter_prefix, tenant.environment, tenant.service)
    held = {name for name in found if name.startswith(f"{own}/")}
    shared = found.keys() - held if why and held else set[str]()
    by_name: dict[str, list[Copy]] = {}
    for copy in copied:
        by_name.setdefault(copy.parameter, []).append(copy)
    return tuple(
        row
        for name in sorted(held | shared | by_name.keys())
        for row in _rows(ports, name, found, by_name, why)
    )


async def history(ports: Ports, tenant: TenantKey, key: str) -> Mapping[str, tuple[ParameterVersion, ...]]:
    """Versions by parameter, oldest first; of one key where one is named; empty for a tenant without any."""
    refuse_unknown_environment(ports, tenant)
    found = await parameters(ports, tenant)
    own = parameter_path(ports.settings.platform.parameter_prefix, tenant.environment, tenant.service)
    known = any(name.startswith(f"{own}/") for name in found)
    names = [name for name in sorted(found) if known and key in {"", key_of(name)}]
    told: dict[str, tuple[ParameterVersion, ...]] = {}
    for name in names:
        told[name] = await reading(
            lambda name=name: ports.parameters.history(name),  # type: ignore[misc]
            clock=ports.clock,
            jitter=ports.jitter,
        )
    return told


async def parameters(ports: Ports, tenant: TenantKey) -> dict[str, ParameterMeta]:
    """The tenant's own, and the registry's login its environment shares."""
    prefix = ports.settings.platform.parameter_prefix
    paths = (
        parameter_path(prefix, tenant.environment, tenant.service),
        platform_parameter(prefix, tenant.environment, "ghcr", "").rstrip("/"),
    )
    found: dict[str, ParameterMeta] = {}
    for path in paths:
        metas = await reading(
            lambda path=path: ports.parameters.describe(path),  # type: ignore[misc]
            clock=ports.clock,
            jitter=ports.jitter,
        )
        found |= {meta.name: meta for meta in metas}
    return found


def _rows(
    ports: Ports,
    name: str,
    found: Mapping[str, ParameterMeta],
    by_name: Mapping[str, Sequence[Copy]],
    why: str,
) -> Iterator[Held]:
    meta = found.get(name)
    key, now = key_of(name), ports.clock.now().timestamp()
    seconds = max(0.0, now - meta.modified_at) if meta and meta.modified_at else None
    version, kind = (meta.version, meta.type) if meta else (0, "")
    for copy in by_name.get(name, ()):
        drift, detail = _drift(meta, copy, now)
        yield Held(key, name, version, kind, seconds, drift, copy.secret, detail)
    if name not in by_name:
        drift = Drift.UNKNOWN if why else Drift.UNUSED
        yield Held(key, name, version, kind, seconds, drift, "", why or "no ExternalSecret reads it")


def _drift(meta: ParameterMeta | None, copy: Copy, now: float) -> tuple[Drift, str]:
    refreshed = copy.source.refreshed_at
    ready = condition(copy.source.conditions, "Ready")
    if meta is None:
        return Drift.ABSENT, f"ExternalSecret {copy.source.meta.name} asks for it"
    if ready is not None and ready.status == "False":
        return Drift.BEHIND, f"ExternalSecret {copy.source.meta.name} fails: {ready.reason}"
    if refreshed is None or not meta.modified_at:
        return Drift.UNKNOWN, f"ExternalSecret {copy.source.meta.name} tells no time of a refresh"
    if refreshed + _TICK < meta.modified_at:
        return Drift.BEHIND, f"copied {age(now - refreshed)} ago, before the last change"
    return Drift.CURRENT, f"copied {age(now - refreshed)} ago"

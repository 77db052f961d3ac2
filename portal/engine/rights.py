"""What the portal's credentials may do, asked without doing anything: too little, and too much."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping

from portal.core.cluster import Resource
from portal.engine.finding import Finding, Outcome
from portal.engine.fleet.kinds import Kind, kinds_of
from portal.engine.world import Ports
from portal.errors import AccessDenied, PortalError
from portal.ports import Cluster, Parameters
from portal.settings import Settings

VIEWER = "Bind the group to manifests/rbac/viewer.yaml"
_READ = ("list", "watch")
# Rights that looking and onboarding never use, and that would reveal or change what is not theirs.
_EXCESS = (
    ("list", Resource("", "v1", "secrets", "Secret")),
    ("create", Resource("", "v1", "pods/exec", "PodExecOptions")),
    ("delete", Resource("", "v1", "namespaces", "Namespace", namespaced=False)),
    ("impersonate", Resource("", "v1", "users", "User", namespaced=False)),
    (
        "escalate",
        Resource("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced=False),
    ),
)
# No parameter has this name: whether it may be read is told apart from whether it is there.
_NOBODY = "portal-doctor-asks"


def clusters_of(ports: Ports) -> Iterator[tuple[str, Cluster]]:
    """Each cluster once, with the environments it runs where it does not run them all."""
    served: dict[int, tuple[Cluster, list[str]]] = {}
    for environment in sorted(ports.settings.environments) or [""]:
        cluster = ports.cluster_of(environment)
        served.setdefault(id(cluster), (cluster, []))[1].append(environment)
    for cluster, environments in served.values():
        yield "" if len(served) == 1 else f" {', '.join(environments)}", cluster


async def rights_in(cluster: Cluster, name: str, settings: Settings) -> tuple[Finding, ...]:
    """One finding about what is lacking, one about what is too much."""
    kinds = [kind for kind in kinds_of(settings.platform) if not kind.metadata_only]
    try:
        lacking = [
            word
            for found in await asyncio.gather(*(_lacking(cluster, kind) for kind in kinds))
            for word in found
        ]
        excess = await _excess(cluster)
    except PortalError as error:
        return (Finding(f"rights{name}", Outcome.UNKNOWN, error.cause, error.hint),)
    return tuple(_told(name, lacking, excess))


def _told(name: str, lacking: list[str], excess: list[str]) -> Iterator[Finding]:
    if lacking:
        yield Finding(f"rights{name}", Outcome.BAD, f"may not {', '.join(lacking)}", VIEWER)
    else:
        yield Finding(f"rights{name}", Outcome.GOOD, "every kind of a chain may be listed and watched")
    if excess:
        told = f"may {', '.join(excess)}: more than looking needs"
        yield Finding(f"over-privilege{name}", Outcome.WARNING, told, VIEWER)


async def _lacking(cluster: Cluster, kind: Kind) -> Iterable[str]:
    """What may not be read of a kind; one that is not installed needs no right."""
    resource = await kind.discover(cluster)
    if resource is None:
        return ()
    may = await asyncio.gather(*(cluster.allowed(verb, resource) for verb in _READ))
    return [f"{verb} {resource.plural}" for verb, allowed in zip(_READ, may, strict=True) if not allowed]


async def _excess(cluster: Cluster) -> list[str]:
    may = await asyncio.gather(*(cluster.allowed(verb, resource) for verb, resource in _EXCESS))
    pairs = zip(_EXCESS, may, strict=True)
    return [f"{verb} {resource.plural}" for (verb, resource), allowed in pairs if allowed]


async def rights_on_parameters(parameters: Parameters, settings: Settings) -> tuple[Finding, ...]:
    """Whether values may be read, by environment and of the platform itself: looking needs neither."""
    prefix = settings.platform.parameter_prefix
    places = [*sorted(settings.environments), "platform"]
    try:
        may = await asyncio.gather(
            *(_may_read(parameters, f"{prefix}/{place}/{_NOBODY}") for place in places)
        )
    except PortalError as error:
        return (Finding("values of parameters", Outcome.UNKNOWN, error.cause, error.hint),)
    return (_values(prefix, dict(zip(places, may, strict=True)), read_only=settings.read_only),)


async def _may_read(parameters: Parameters, name: str) -> bool:
    try:
        await parameters.get([name])
    except AccessDenied:
        return False
    return True


def _values(prefix: str, may: Mapping[str, bool], *, read_only: bool) -> Finding:
    readable = [f"{prefix}/{place}" for place, allowed in may.items() if allowed]
    if not readable:
        return Finding("values of parameters", Outcome.GOOD, "may not be read, as suits a viewer")
    outcome = Outcome.WARNING if read_only else Outcome.GOOD
    told = f"may be read below {', '.join(readable)}"
    hint = "Looking needs manifests/iam/viewer.json only" if read_only else ""
    return Finding("values of parameters", outcome, f"{told}: onboarding needs that, looking does not", hint)

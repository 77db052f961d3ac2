"""Look at everything the portal depends on, one finding each; nothing is changed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import partial

from portal.engine.finding import Finding, Outcome
from portal.engine.rights import clusters_of, rights_in, rights_on_parameters
from portal.engine.world import Ports
from portal.errors import PortalError
from portal.ports import Cluster

CHECK_SECONDS = 15.0


# A clock this far off makes ages wrong; so far off as the second figure, AWS refuses signatures.
SKEWED_SECONDS = 5.0
REFUSED_SECONDS = 240.0

Check = Callable[[], Awaitable[str]]


Look = Callable[[], Awaitable[tuple[Finding, ...]]]


async def examine(ports: Ports) -> tuple[Finding, ...]:
    """All checks at once, in a fixed order; each is bounded and none hides another."""
    looks: dict[str, Look] = {
        **{subject: partial(_finding, subject, check) for subject, check in _checks(ports).items()},
        **_looks(ports),
    }
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_bounded(subject, look)) for subject, look in looks.items()]
    return tuple(_folded(finding for task in tasks for finding in task.result()))


def _folded(findings: Iterable[Finding]) -> Iterator[Finding]:
    """What is wrong in the same words is told once: one login that has ended fails every check behind it."""
    told: dict[tuple[str, str], str] = {}
    for finding in findings:
        words = (finding.detail, finding.hint)
        first = told.setdefault(words, finding.subject)
        if first == finding.subject or finding.outcome is Outcome.GOOD:
            yield finding
        else:
            yield Finding(finding.subject, finding.outcome, f"as {first}")


def _looks(ports: Ports) -> Mapping[str, Look]:
    """Checks that find more than one thing."""
    looks: dict[str, Look] = {}
    for name, cluster in clusters_of(ports):
        looks[f"clock{name}"] = partial(_clock, cluster, name)
        looks[f"rights{name}"] = partial(rights_in, cluster, name, ports.settings)
    looks["values of parameters"] = partial(rights_on_parameters, ports.parameters, ports.settings)
    return looks


async def _clock(cluster: Cluster, name: str) -> tuple[Finding, ...]:
    skew, subject = await cluster.skew(), f"clock{name}"
    if skew is None:
        return (Finding(subject, Outcome.UNKNOWN, "the server does not tell its time"),)
    told = f"this machine is {abs(skew):.0f} s {'behind' if skew > 0 else 'ahead of'} the cluster"
    if abs(skew) > REFUSED_SECONDS:
        return (
            Finding(subject, Outcome.BAD, told, "Set the clock: ages are wrong and AWS refuses signatures"),
        )
    if abs(skew) > SKEWED_SECONDS:
        return (Finding(subject, Outcome.WARNING, told, "Set the clock: ages are wrong by as much"),)
    return (Finding(subject, Outcome.GOOD, "as the cluster's"),)


def _checks(ports: Ports) -> Mapping[str, Check]:
    platform = ports.settings.platform

    async def neon() -> str:
        account = await ports.neon.whoami()
        projects = await ports.neon.projects()
        return f"account {account}, {len(projects)} projects visible"

    async def parameters() -> str:
        found = await ports.parameters.describe(platform.parameter_prefix)
        return f"{len(found)} parameters below {platform.parameter_prefix}"

    async def repository() -> str:
        snapshot = await ports.repository.snapshot()
        return f"{len(snapshot.tenants)} tenants at commit {snapshot.commit[:8]}"

    async def audit() -> str:
        await ports.audit.ready()
        return f"{len(await ports.audit.entries())} lines, the chain is whole"

    checks: dict[str, Check] = {
        "Neon": neon,
        "Parameter Store": parameters,
        "tenants repository": repository,
        "audit trail": audit,
    }
    for name, cluster in clusters_of(ports):
        checks[f"Kubernetes{name}"] = partial(_version, cluster)
        for kind in ("Application", "ExternalSecret", "ClusterSecretStore", platform.claim_kind):
            checks[f"kind {kind}{name}"] = _served(cluster, kind)
    return checks


async def _version(cluster: Cluster) -> str:
    return f"version {await cluster.version()}, {await cluster.place()}"


def _served(cluster: Cluster, kind: str) -> Check:
    async def served() -> str:
        resource = await cluster.discover(kind)
        if resource is None:
            raise PortalError(
                "not installed in this cluster", hint="Install its operator, or look at another context"
            )
        return f"{resource.api_version} {resource.plural}"

    return served


async def _finding(subject: str, check: Check) -> tuple[Finding, ...]:
    return (Finding(subject, Outcome.GOOD, await check()),)


async def _bounded(subject: str, look: Look) -> tuple[Finding, ...]:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await look()
    except PortalError as error:
        return (Finding(subject, Outcome.BAD, error.cause, error.hint),)
    except TimeoutError:
        silence = f"no answer in {CHECK_SECONDS:.0f} s"
        return (Finding(subject, Outcome.UNKNOWN, silence, "Check the network and the VPN"),)

"""Look at everything the portal depends on, one finding each; nothing is changed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.engine.world import Ports
from portal.errors import PortalError

CHECK_SECONDS = 15.0


class Outcome(StrEnum):
    """How a check ended."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its subject, outcome, what was seen, and what to do."""

    subject: str
    outcome: Outcome
    detail: str
    hint: str = ""


Check = Callable[[], Awaitable[str]]


async def examine(ports: Ports) -> tuple[Finding, ...]:
    """All checks at once, in a fixed order; each is bounded and none hides another."""
    checks = _checks(ports)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_finding(subject, check)) for subject, check in checks.items()]
    return tuple(task.result() for task in tasks)


def _checks(ports: Ports) -> Mapping[str, Check]:
    platform = ports.settings.platform

    async def neon() -> str:
        account = await ports.neon.whoami()
        projects = await ports.neon.projects()
        return f"account {account}, {len(projects)} projects visible"

    async def parameters() -> str:
        found = await ports.parameters.describe(platform.parameter_prefix)
        return f"{len(found)} parameters below {platform.parameter_prefix}"

    async def cluster() -> str:
        return f"version {await ports.cluster.version()}"

    async def repository() -> str:
        snapshot = await ports.repository.snapshot()
        return f"{len(snapshot.tenants)} tenants at commit {snapshot.commit[:8]}"

    async def audit() -> str:
        await ports.audit.ready()
        return f"{len(await ports.audit.entries())} lines, the chain is whole"

    checks: dict[str, Check] = {
        "Neon": neon,
        "Parameter Store": parameters,
        "Kubernetes": cluster,
        "tenants repository": repository,
        "audit trail": audit,
    }
    for kind in ("Application", "ExternalSecret", "ClusterSecretStore", platform.claim_kind):
        checks[f"kind {kind}"] = _served(ports, kind)
    return checks


def _served(ports: Ports, kind: str) -> Check:
    async def served() -> str:
        resource = await ports.cluster.discover(kind)
        if resource is None:
            raise PortalError(
                "not installed in this cluster", hint="Install its operator, or look at another context"
            )
        return f"{resource.api_version} {resource.plural}"

    return served


async def _finding(subject: str, check: Check) -> Finding:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return Finding(subject, Outcome.GOOD, await check())
    except PortalError as error:
        return Finding(subject, Outcome.BAD, error.cause, error.hint)
    except TimeoutError:
        return Finding(
            subject, Outcome.UNKNOWN, f"no answer in {CHECK_SECONDS:.0f} s", "Check the network and the VPN"
        )

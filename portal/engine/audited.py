"""Deeds that are written down before they are done: what cannot be audited does not happen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from portal.core.audit import AuditEvent, Outcome
from portal.core.redaction import redact
from portal.engine.world import Ports
from portal.errors import PortalError


@dataclass(slots=True)
class Deed:
    """What is about to be done; `version` is set within the context, once it is known."""

    action: str
    target: str
    tenant: str = ""
    run: str = ""
    reason: str = ""
    version: int = 0


@asynccontextmanager
async def audited(ports: Ports, deed: Deed) -> AsyncIterator[Deed]:
    """The intent before, the outcome after. Raises what the audit raises, before anything is done; a deed
    that is cut off has no outcome and stays in doubt.
    """
    await record(ports, deed, Outcome.INTENT)
    try:
        yield deed
    except PortalError:
        await record(ports, deed, Outcome.FAILED)
        raise
    await record(ports, deed, Outcome.DONE)


async def record(ports: Ports, deed: Deed, outcome: Outcome) -> None:
    """One line of the audit trail; a reason a person typed is stripped of whatever looks secret."""
    at = ports.clock.now().isoformat()
    reason = redact(deed.reason)
    event = AuditEvent(at, deed.run, deed.tenant, deed.action, deed.target, outcome, deed.version, reason)
    await ports.audit.record(event)

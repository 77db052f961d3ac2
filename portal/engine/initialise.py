"""Initialise the platform: prove that a Neon key works, then keep it where the portal looks for it."""

from dataclasses import dataclass

from portal.core.parameters import MANAGED_BY
from portal.core.secrets import Secret
from portal.engine.audited import Deed, audited
from portal.engine.retry import reading, retrying
from portal.engine.world import Ports
from portal.errors import Conflict, RefusedError, Unreachable, UsageError


@dataclass(frozen=True, slots=True)
class Initialised:
    """Account the key belongs to, where it stands, and whether this run put it there."""

    account: str
    parameter: str
    changed: bool


async def initialise(ports: Ports, key: Secret) -> Initialised:
    """`ports.neon` must speak with this key. An existing key is compared, never overwritten.

    Raises AccessDenied for a key Neon does not know, RefusedError where another key stands.
    """
    name = ports.settings.neon.api_key_parameter
    if not key.reveal("check that it is given").strip():
        raise UsageError("the Neon API key is empty", hint="Give it on standard input.")
    if ports.settings.read_only:
        raise RefusedError("the profile is read-only", hint="Initialise without --read-only.")
    account = await reading(ports.neon.whoami, clock=ports.clock, jitter=ports.jitter)
    if await _same(ports, name, key):
        return Initialised(account, name, changed=False)
    tags = {**dict([MANAGED_BY]), "service": "platform"}
    async with audited(ports, Deed("init", name)):
        try:
            await retrying(
                lambda: ports.parameters.create(name, key, tags=tags), clock=ports.clock, jitter=ports.jitter
            )
        except (Conflict, Unreachable):
            if not await _same(ports, name, key):
                raise
    return Initialised(account, name, changed=True)


async def _same(ports: Ports, name: str, key: Secret) -> bool:
    """False where nothing stands; raises RefusedError where another key stands."""
    found = await reading(lambda: ports.parameters.get([name]), clock=ports.clock, jitter=ports.jitter)
    if name not in found:
        return False
    if not found[name].value.same_as(key):
        raise RefusedError(
            f"{name} holds another Neon key; it is not overwritten",
            hint="Rotate it as a step of its own, or move the parameter away first.",
        )
    return True

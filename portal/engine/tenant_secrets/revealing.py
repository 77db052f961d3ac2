"""One value, shown to one person for one reason."""

from dataclasses import dataclass

from portal.core.facets import TenantKey
from portal.core.names import KEY
from portal.core.pushing import parameter_of
from portal.core.secrets import Secret
from portal.engine.audited import Deed, audited
from portal.engine.retry import reading
from portal.engine.tenant_secrets.sync import refuse_unknown_environment
from portal.engine.world import Ports
from portal.errors import NotFound, RefusedError, UsageError


@dataclass(frozen=True, slots=True)
class Revealed:
    """The value and the version it is of."""

    parameter: str
    version: int
    value: Secret


async def reveal(ports: Ports, tenant: TenantKey, key: str, reason: str) -> Revealed:
    """Written down before the value is fetched; what cannot be written down is not fetched.

    Raises UsageError without a reason or a key, RefusedError in read-only mode, NotFound where there is none.
    """
    refuse_unknown_environment(ports, tenant)
    if ports.settings.read_only:
        raise RefusedError("read-only mode shows no secret", operation="reveal", target=str(tenant))
    if not reason.strip():
        raise UsageError("a reveal needs a reason", hint="Say why: --reason 'incident 42, login fails'")
    if not KEY.pattern.fullmatch(key):
        raise UsageError(f"this is no key (allowed: {KEY.allowed})", hint=f"See portal secrets list {tenant}")
    name = parameter_of(ports.settings.platform.parameter_prefix, tenant, key)
    async with audited(ports, Deed("reveal", name, str(tenant), reason=reason.strip())) as deed:
        found = await reading(lambda: ports.parameters.get([name]), clock=ports.clock, jitter=ports.jitter)
        if name not in found:
            raise NotFound(
                "does not exist",
                system="ssm",
                operation="GetParameters",
                target=name,
                hint=f"See portal secrets list {tenant}",
            )
        deed.version = found[name].version
    return Revealed(name, found[name].version, found[name].value)

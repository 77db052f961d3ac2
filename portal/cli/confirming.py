"""A name typed out before something that cannot be taken back."""

from portal.cli.call import Call
from portal.cli.inputs import answer, at_terminal
from portal.core.facets import TenantKey
from portal.errors import RefusedError, UsageError


async def typed_name(call: Call, tenant: TenantKey, why: str) -> None:
    """Return once the tenant's name was typed; raises UsageError where nobody can, RefusedError otherwise."""
    if not at_terminal():
        raise UsageError(f"{why} Its name has to be typed on a terminal")
    if await answer(call, f"{why} Type {tenant} to go on: ") != str(tenant):
        raise RefusedError("that is not its name; nothing was done", target=str(tenant))

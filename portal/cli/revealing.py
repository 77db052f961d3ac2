"""Show one value on the terminal, on a screen of its own that is gone after 30 seconds."""

import argparse
import asyncio
import sys

from portal.bootstrap import services
from portal.cli.call import Call, tenant_key
from portal.cli.consent import typed_name
from portal.cli.diagnostics import ExitCode
from portal.cli.inputs import answer, at_terminal, first_line
from portal.core.wording import plain
from portal.engine.tenant_secrets import Revealed, reveal
from portal.errors import RefusedError, UsageError

SHOWN_SECONDS = 30.0


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="as `portal secrets list` names it, e.g. database_url")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why; asked for unless given")


async def run(call: Call) -> ExitCode:
    tenant = tenant_key(call.args.tenant)
    settings = call.settings(change="reveal")
    _refuse_elsewhere(call)
    reason = call.args.reason or await answer(call, f"Why is {call.args.key} of {tenant} shown? ")
    if settings.policy.protects(tenant.environment):
        await typed_name(call, tenant, f"{tenant.environment} is protected.")
    async with services(settings) as world:
        found = await reveal(world, tenant, call.args.key, reason)
    await show(call, found, SHOWN_SECONDS)
    call.talk.note(f"{found.parameter} version {found.version} was shown; the audit trail says why")
    return ExitCode.DONE


def _refuse_elsewhere(call: Call) -> None:
    """A value goes to somebody's eyes and nowhere it would stay."""
    if not call.wants_table:
        raise UsageError("a value is shown on a terminal, not as data", hint="Leave -o out")
    if not (at_terminal() and sys.stdout is not None and sys.stdout.isatty()):
        raise RefusedError(
            "a value is shown on a terminal only: in a file, a pipe or a log it would stay",
            operation="reveal",
            hint="`portal secrets compare` tells whether the cluster has the same value",
        )


async def show(call: Call, found: Revealed, seconds: float) -> None:
    """Until Enter or the time is over, whichever is first; a signal hides it too."""
    lines = [plain(line) for line in found.value.reveal("show it to the person who asked").splitlines()]
    head = f"{found.parameter} version {found.version}; hidden in {seconds:.0f} s, or by Enter"
    with call.out.passing([head, "", *lines]):
        try:
            async with asyncio.timeout(seconds):
                await first_line()
        except TimeoutError:
            return

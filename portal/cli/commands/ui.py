"""The terminal interface: live fleet, the chain of each tenant, cause and fix."""

import argparse
import sys

from portal.bootstrap import services
from portal.cli.call import Call
from portal.cli.diagnostics import ExitCode
from portal.errors import UsageError

EXAMPLES = """examples:
  portal ui
  portal --profile staging ui"""


def configure(parser: argparse.ArgumentParser) -> None:
    del parser


async def run(call: Call) -> ExitCode:
    from portal.tui.app import run_app  # noqa: PLC0415 - Textual is loaded only for the interface

    if not sys.stdout.isatty():
        raise UsageError("the interface needs a terminal", hint="`portal status` prints the same verdicts")
    settings = call.settings()
    async with services(settings) as world:
        return ExitCode(await run_app(world.status, title=settings.profile, rehearsal=settings.rehearsal))

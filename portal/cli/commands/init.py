"""Verify the Neon API key and store it for the platform; the key comes from a prompt or stdin, never argv."""

import argparse

from portal.bootstrap import services
from portal.cli.call import Call
from portal.cli.diagnostics import ExitCode
from portal.cli.inputs import ask, at_terminal, first_line
from portal.core.secrets import Secret
from portal.engine.initialise import initialise
from portal.errors import UsageError

EXAMPLES = """examples:
  portal init                              asks for the key without showing it
  portal init < key-file                   for CI; the key is never an argument"""


def configure(parser: argparse.ArgumentParser) -> None:
    del parser


async def run(call: Call) -> ExitCode:
    settings = call.settings(change="init")
    key = await _key(call)
    async with services(settings, neon_key=key) as world:
        done = await initialise(world, key)
    word = "stored at" if done.changed else "already stored at"
    call.talk.note(f"the key of account {done.account} is {word} {done.parameter}")
    return ExitCode.DONE


async def _key(call: Call) -> Secret:
    if at_terminal():
        return await ask(call, "Neon API key: ")
    key = await first_line()
    if key.same_as(Secret("")):
        raise UsageError(
            "no Neon API key on stdin", hint="Run `portal init` on a terminal, or `portal init < FILE`"
        )
    return key

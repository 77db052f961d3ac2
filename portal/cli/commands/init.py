"""Verify the Neon API key and store it for the platform; the key comes from a prompt or stdin, never argv."""

import argparse
import sys

from portal.bootstrap import services
from portal.cli.call import Call
from portal.cli.diagnostics import ExitCode
from portal.cli.inputs import ask
from portal.core.secrets import Secret
from portal.engine.initialise import initialise
from portal.errors import UsageError

EXAMPLES = """examples:
  portal init                              asks for the key without showing it
  portal init < key-file                   for CI; the key is never an argument"""


def configure(parser: argparse.ArgumentParser) -> None:
    del parser


async def run(call: Call) -> ExitCode:
    key = await _key()
    async with services(call.settings(), neon_key=key) as world:
        done = await initialise(world, key)
    word = "stored at" if done.changed else "already stored at"
    call.talk.note(f"the key of account {done.account} is {word} {done.parameter}")
    return ExitCode.DONE


async def _key() -> Secret:
    if sys.stdin.isatty():
        return await ask("Neon API key: ")
    text = sys.stdin.readline().strip()
    if not text:
        raise UsageError(
            "no Neon API key on stdin", hint="Run `portal init` on a terminal, or `portal init < FILE`"
        )
    return Secret(text)

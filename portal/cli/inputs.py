"""Secret values from people and pipelines: a prompt, stdin lines or the environment; never argv."""

import asyncio
import getpass
import sys
from collections.abc import Mapping, Sequence

from portal.cli.call import Call
from portal.core.secrets import Secret
from portal.errors import UsageError

VARIABLE_PREFIX = "PORTAL_SECRET_"


async def ask(prompt: str) -> Secret:
    """A value typed without echo; the terminal is read on a thread, so that the loop goes on."""
    return Secret(await asyncio.get_running_loop().run_in_executor(None, getpass.getpass, prompt))


async def confirm(question: str) -> bool:
    """Yes only for `yes` or `y`."""
    answer = await asyncio.get_running_loop().run_in_executor(None, input, f"{question} [y/N] ")
    return answer.strip().lower() in {"y", "yes"}


async def collect(call: Call, needed: Sequence[str]) -> Mapping[str, Secret]:
    """Values for `needed` keys: stdin lines with --secrets-stdin, `PORTAL_SECRET_<KEY>`, else a prompt.

    Raises UsageError naming every key that has no value.
    """
    values: dict[str, Secret] = _from_stdin() if call.args.secrets_stdin else {}
    for key in needed:
        variable = f"{VARIABLE_PREFIX}{key}".upper()
        if key not in values and call.environ.get(variable):
            values[key] = Secret(call.environ[variable])
    missing = [key for key in needed if key not in values]
    if missing and sys.stdin.isatty() and not call.args.secrets_stdin:
        for key in missing:
            values[key] = await ask(f"value of {key}: ")
        missing = []
    if missing:
        variables = ", ".join(f"{VARIABLE_PREFIX}{key}".upper() for key in missing)
        raise UsageError(
            f"no value for {', '.join(missing)}",
            hint=f"Give KEY=value lines with --secrets-stdin, or set {variables}",
        )
    return values


def _from_stdin() -> dict[str, Secret]:
    values: dict[str, Secret] = {}
    for number, line in enumerate(sys.stdin, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        key, equals, value = line.rstrip("\n").partition("=")
        if not equals or not value:
            raise UsageError(f"stdin line {number} is not KEY=value")
        values[key.strip().lower()] = Secret(value)
    return values

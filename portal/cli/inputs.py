"""Secret values from people and pipelines: a prompt, stdin lines or the environment; never argv.

Standard input is read through the event loop, so that a signal ends every wait for it.
"""

import asyncio
import os
import sys
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from portal.cli.call import Call
from portal.core.secrets import Secret
from portal.errors import UsageError

VARIABLE_PREFIX = "PORTAL_SECRET_"
_PIECE = 65536


def at_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin is not None and sys.stdin.isatty()


def may_ask(call: Call) -> bool:
    """Whether a command may ask: somebody is there, and standard input is meant for answers."""
    return at_terminal() and not (call.args.secrets_stdin or call.args.no_input)


async def ask(call: Call, prompt: str) -> Secret:
    """A value typed without echo, which is off before anybody can know that there is a question."""
    with _hidden(sys.stdin.fileno()):
        call.talk.prompt(prompt)
        line = await first_line()
    call.talk.note("")
    return line


async def answer(call: Call, question: str) -> str:
    """What is typed in sight, for what is no secret; raises UsageError where nobody answers any more."""
    call.talk.prompt(question)
    typed = await _text(one_line=True)
    if not typed:
        call.talk.note("")
        raise UsageError("the input ended before every question was answered")
    return typed.partition("\n")[0].strip()


async def confirm(call: Call, question: str) -> bool:
    """Yes only for `yes` or `y`."""
    call.talk.prompt(f"{question} [y/N] ")
    typed = await first_line()
    return typed.reveal("an answer to a question is no secret").lower() in {"y", "yes"}


def sources(call: Call) -> Mapping[str, str]:
    """By key the parameter that `--secret-from` names for it; raises UsageError."""
    found: dict[str, str] = {}
    for text in call.args.secret_from:
        key, equals, name = text.partition("=")
        if not (key and equals and name.startswith("/")):
            raise UsageError(f"--secret-from {text}: expected KEY=/path/of/a/parameter")
        found[key.lower()] = name
    return found


async def collect(
    call: Call, needed: Sequence[str], given: Mapping[str, Secret] | None = None
) -> Mapping[str, Secret]:
    """Values for `needed` keys: stdin lines with --secrets-stdin, those `given`, `PORTAL_SECRET_<KEY>`, else
    a prompt. Raises UsageError naming every key that has no value.
    """
    values: dict[str, Secret] = dict(given or {})
    if call.args.secrets_stdin:
        values |= {name.lower(): value for name, value in (await lines()).items()}
    for key in needed:
        variable = f"{VARIABLE_PREFIX}{key}".upper()
        if key not in values and call.environ.get(variable):
            values[key] = Secret(call.environ[variable])
    missing = [key for key in needed if key not in values]
    if missing and may_ask(call):
        for key in missing:
            values[key] = await ask(call, f"value of {key}: ")
        missing = []
    if missing:
        variables = ", ".join(f"{VARIABLE_PREFIX}{key}".upper() for key in missing)
        raise UsageError(
            f"no value for {', '.join(missing)}",
            hint=f"Give KEY=value lines with --secrets-stdin, or set {variables}",
        )
    return values


async def lines() -> Mapping[str, Secret]:
    """`KEY=value` lines of standard input by the name as it stands there; raises UsageError."""
    return _pairs(await _text(one_line=False))


async def first_line() -> Secret:
    """The first line of standard input without white space around it; empty when there is none."""
    return Secret((await _text(one_line=True)).partition("\n")[0].strip())


async def _text(*, one_line: bool) -> str:
    """Standard input to its end, or to the end of its first line."""
    if sys.stdin is None:
        return ""
    descriptor, content = sys.stdin.fileno(), b""
    while not (one_line and b"\n" in content):
        await _readable(descriptor)
        piece = os.read(descriptor, _PIECE)
        if not piece:
            break
        content += piece
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise UsageError("standard input is not text in UTF-8") from None


async def _readable(descriptor: int) -> None:
    """Return once reading would not block; a regular file never does."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(descriptor, ready.set)
    except OSError:
        return
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)


@contextmanager
def _hidden(descriptor: int) -> Iterator[None]:
    """A terminal without echo, put back however the context ends."""
    before = termios.tcgetattr(descriptor)
    silent = termios.tcgetattr(descriptor)
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _pairs(text: str) -> dict[str, Secret]:
    values: dict[str, Secret] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not equals or not value:
            raise UsageError(f"stdin line {number} is not KEY=value")
        values[key.strip()] = Secret(value)
    return values

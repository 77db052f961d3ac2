"""Run one command on one event loop; signals and errors become exit codes."""

import argparse
import asyncio
import os
import resource
import shutil
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from types import ModuleType
from typing import Any

from portal.cli.call import Call
from portal.cli.diagnostics import Diagnostics, ExitCode
from portal.cli.output import Format, Output
from portal.errors import PortalError, told

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def execute(command: ModuleType, args: argparse.Namespace) -> int:
    """The exit code of a command. `STOPPING` and `STOPPED` of its module are what it says on ^C."""
    # A core file would hold whatever was in memory.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    talk = Diagnostics()
    call = Call(
        args=args,
        environ=dict(os.environ),
        home=Path.home(),
        out=Output(Format(args.output), width=_width()),
        talk=talk,
    )
    stopping = getattr(command, "STOPPING", "")
    try:
        return int(asyncio.run(_interruptible(command.run(call), talk, stopping)))
    except PortalError as error:
        return int(talk.error(error))
    except Exception as error:  # noqa: BLE001 - the interpreter's traceback would print texts that may hold values
        talk.note(f"portal ended by {told(error)}. Its text is left out, as it may hold a secret.")
        return int(ExitCode.FAILED)
    except asyncio.CancelledError:
        talk.note(getattr(command, "STOPPED", "interrupted"))
        return int(ExitCode.INTERRUPTED)


async def _interruptible(work: Coroutine[Any, Any, ExitCode], talk: Diagnostics, stopping: str) -> ExitCode:
    """Run a command; the first signal asks it to end in order, each further one asks again."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: talk.note(_unheard(context)))

    def interrupt() -> None:
        task.cancel()
        if stopping:
            talk.note(stopping)

    for name in SIGNALS:
        loop.add_signal_handler(name, interrupt)
    try:
        return await task
    finally:
        for name in SIGNALS:
            loop.remove_signal_handler(name)


def _unheard(context: dict[str, Any]) -> str:
    """A failure nobody waits for, without the texts that the loop would print."""
    error = context.get("exception")
    return f"in the background: {told(error)}" if error else f"in the background: {context.get('message')}"


def _width() -> int | None:
    """Columns of the terminal; None where the output goes to a file or a pipe and needs no clipping."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    return max(60, shutil.get_terminal_size().columns)

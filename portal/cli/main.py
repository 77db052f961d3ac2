"""Parse the command line, run one command on one event loop, turn errors into exit codes."""

import argparse
import asyncio
import importlib
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from portal.cli.call import Call
from portal.cli.diagnostics import Diagnostics, ExitCode
from portal.cli.output import Format, Output
from portal.errors import PortalError

# Command → one line of help; each is a module of `portal.cli.commands` with `configure` and `run`.
COMMANDS = {
    "ui": "the terminal interface",
    "status": "verdict per tenant",
    "trace": "every hop of one tenant, cause and fix",
    "init": "verify the Neon API key and store it for the platform",
    "plan": "what onboarding would do, without doing it",
    "apply": "do what is planned, or resume it",
    "doctor": "settings, tools, credentials and reachability",
    "rehearse": "the whole platform simulated on this machine",
}
EPILOG = """examples:
  portal rehearse -f service.yaml          try everything locally, nothing to lose
  portal plan -f service.yaml -e dev       show what would be done
  portal apply -f service.yaml -e dev      do it, or resume it
  portal trace identity-service/dev        which link broke first, and why

exit codes: 0 done or healthy, 1 failed, 2 usage, 3 not healthy or changes
pending, 4 could not tell, 130 interrupted"""


def run(arguments: Sequence[str]) -> int:
    """The exit code of `portal ARGUMENTS`."""
    talk = Diagnostics()
    parser = _parser(arguments)
    args = parser.parse_args(arguments)
    if args.command is None:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            parser.print_help()
            return ExitCode.DONE
        args = parser.parse_args([*arguments, "ui"])
    call = Call(
        args=args,
        environ=dict(os.environ),
        home=Path.home(),
        out=Output(Format(args.output), width=_width()),
        talk=talk,
    )
    module = importlib.import_module(f"portal.cli.commands.{args.command}")
    try:
        return int(asyncio.run(_interruptible(module.run(call), talk)))
    except PortalError as error:
        return int(talk.error(error))
    except asyncio.CancelledError:
        talk.note("interrupted; what was done is recorded, the same command goes on from here")
        return int(ExitCode.INTERRUPTED)


async def _interruptible(work: Coroutine[Any, Any, ExitCode], talk: Diagnostics) -> ExitCode:
    """Run a command; the first ^C asks it to end after its present step, each further one asks again."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        talk.note("stopping after the present step; once more stops now")
        task.cancel()

    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(name, interrupt)
    try:
        return await task
    finally:
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(name)


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="portal",
        description="Onboard services and see live, honest tenant health on a GitOps platform.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"portal {version('zerotouch-portal')}")
    _common(parser, top=True)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    asked = {word for word in arguments if word in COMMANDS}
    for name, summary in COMMANDS.items():
        module = importlib.import_module(f"portal.cli.commands.{name}") if name in asked else None
        sub = commands.add_parser(
            name,
            help=summary,
            description=(module.__doc__ if module else summary),
            epilog=getattr(module, "EXAMPLES", None),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        _common(sub, top=False)
        if module:
            module.configure(sub)
    return parser


def _common(parser: argparse.ArgumentParser, *, top: bool) -> None:
    """Options that stand before or after the command; only the top parser has defaults."""

    def default(value: Any) -> Any:
        return value if top else argparse.SUPPRESS

    group = parser.add_argument_group("everywhere")
    group.add_argument("-o", "--output", choices=[form.value for form in Format], default=default("table"))
    group.add_argument("--profile", metavar="NAME", default=default(""), help="profile of the settings file")
    group.add_argument(
        "--config", metavar="FILE", type=Path, default=default(None), help="settings file (TOML)"
    )
    group.add_argument(
        "--world",
        metavar="DIR",
        type=Path,
        default=default(None),
        help="run directory of a live rehearsal",
    )
    group.add_argument("--read-only", action="store_true", default=default(False), help="refuse every change")
    group.add_argument(
        "--no-color", action="store_true", default=default(False), help="no colour (or NO_COLOR)"
    )
    group.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        dest="settings",
        default=default([]),
        help="one setting",
    )


def _width() -> int:
    try:
        return max(60, os.get_terminal_size().columns)
    except OSError:
        return int(os.environ.get("COLUMNS") or 80)

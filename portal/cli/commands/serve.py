"""The terminal interface in a browser of this machine. Whoever has the printed address may use it."""

import argparse
import sys

from portal.cli.call import Call
from portal.cli.diagnostics import ExitCode
from portal.errors import PrerequisiteError, UsageError

EXAMPLES = """examples:
  portal serve                     # a free port; open the address it prints
  portal --read-only serve --port 8600
  ssh -L 8600:127.0.0.1:8600 HOST portal serve --port 8600    # from another machine"""
STOPPED = "no longer served"
HIGHEST_PORT = 65535


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=int, default=0, metavar="N", help="port on 127.0.0.1 (default: a free one)"
    )


async def run(call: Call) -> ExitCode:
    try:
        from portal.tui.served import serve  # noqa: PLC0415 - only this command needs the package
    except ModuleNotFoundError as exc:
        raise PrerequisiteError(
            f"the package for the browser is not installed ({exc.name})",
            hint="Install zerotouch-portal[serve]",
        ) from exc
    if not 0 <= call.args.port <= HIGHEST_PORT:
        raise UsageError(f"a port is a number from 0 to {HIGHEST_PORT}")
    call.tenant_settings()
    try:
        await serve(_command(call.args), call.args.port, lambda address: _tell(call, address))
    except OSError as exc:
        raise PrerequisiteError(f"port {call.args.port} of 127.0.0.1 is taken: {exc.strerror}") from exc
    return ExitCode.DONE


def _tell(call: Call, address: str) -> None:
    if call.wants_table:
        call.out.lines([address])
    else:
        call.out.document({"address": address})
    call.talk.note("serving until ^C; the address carries a token, so share it with nobody")


def _command(args: argparse.Namespace) -> list[str]:
    """`portal ui` with the options this command was given."""
    command = [sys.executable, "-m", "portal"]
    for option, value in (("--profile", args.profile), ("--config", args.config), ("--world", args.world)):
        command += [option, str(value)] if value else []
    command += ["--read-only"] if args.read_only else []
    command += ["--no-color"] if args.no_color else []
    for setting in args.settings:
        command += ["--set", setting]
    return [*command, "ui"]

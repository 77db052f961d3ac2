"""The command line: what there is to say, and which command says it. Imports nothing it does not need."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from portal import VERSION

if TYPE_CHECKING:
    import argparse

# Command → one line of help; each is a module of `portal.cli.commands` with `configure` and `run`.
COMMANDS = {
    "ui": "the terminal interface",
    "serve": "the terminal interface in a browser, on loopback, behind a token",
    "status": "verdict per tenant",
    "trace": "every hop of one tenant, cause and fix",
    "spec": "write, check and explain service.yaml",
    "init": "verify the Neon API key and store it for the platform",
    "plan": "what onboarding would do, without doing it",
    "apply": "do what is planned, or resume it",
    "secrets": "list, compare, push, reveal a tenant's secrets, and their history",
    "offboard": "take a tenant down, its database last",
    "adopt": "take over what was made by hand",
    "rotate": "replace a credential, proven in running pods before the old one ends",
    "journal": "unfinished work on this machine, and its next step",
    "audit": "who did what, when and why; verifies the audit trail",
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
    if list(arguments) == ["--version"]:
        sys.stdout.write(f"portal {VERSION}\n")
        return 0
    args = parse(arguments)
    if args.command is None:
        if not (_terminal(sys.stdin) and _terminal(sys.stdout)):
            _parser(arguments).print_help()
            return 0
        args = parse([*arguments, "ui"])
    from portal.cli.running import execute  # noqa: PLC0415 - asking for help needs no event loop

    return execute(import_module(f"portal.cli.commands.{args.command}"), args)


def parse(arguments: Sequence[str]) -> "argparse.Namespace":
    """The options of `portal ARGUMENTS`; ends the process with 2 where they are wrong."""
    return _parser(arguments).parse_args(arguments)


def _parser(arguments: Sequence[str]) -> "argparse.ArgumentParser":
    import argparse  # noqa: PLC0415 - asking for the version needs no parser

    parser = argparse.ArgumentParser(
        prog="portal",
        description="Onboard services and see live, honest tenant health on a GitOps platform.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"portal {VERSION}")
    from portal.cli.options import everywhere  # noqa: PLC0415 - as above

    everywhere(parser, top=True)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    asked = {word for word in arguments if word in COMMANDS}
    for name, summary in COMMANDS.items():
        module = import_module(f"portal.cli.commands.{name}") if name in asked else None
        sub = commands.add_parser(
            name,
            help=summary,
            description=(module.__doc__ if module else summary),
            epilog=getattr(module, "EXAMPLES", None),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        everywhere(sub, top=False)
        if module:
            module.configure(sub)
    return parser


def _terminal(stream: Any) -> bool:
    """Whether somebody sits at it; a stream that was closed before the start is None."""
    return stream is not None and stream.isatty()

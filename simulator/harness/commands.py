"""The commands of `python -m simulator` and their options."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from simulator.harness import down, faulting, status, up
from simulator.harness.order import ENVIRONMENTS
from simulator.harness.selection import Refusal
from simulator.harness.talk import say

FAILED = 1
INTERRUPTED = 130


def main(argv: Sequence[str]) -> int:
    """Run one command; its exit status: 0 done, 1 failed, 2 usage, 130 interrupted."""
    arguments = _parser().parse_args(argv)
    try:
        done: int = arguments.run(arguments)
    except Refusal as refusal:
        say(str(refusal))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return done


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="The whole platform, simulated on this machine. It listens on loopback only.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _up(commands)
    _status(commands)
    _down(commands)
    _fault(commands)
    return parser


def _up(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("up", help="start a world and stay until it is told to end")
    _run_dir(parser, "an empty or new directory; without it, one under the system's temporary directory")
    parser.add_argument("--seed", type=int, default=1, help="of everything drawn by chance (default: 1)")
    parser.add_argument("--speed", type=_speed, default=1.0, help="simulated time passes this much faster")
    parser.add_argument(
        "--environment", choices=ENVIRONMENTS, default="dev", help="the one the cluster serves (default: dev)"
    )
    parser.add_argument("--keep", action="store_true", help="leave the run directory when the world ends")
    parser.add_argument("--json", action="store_true", help="print the JSON line on a terminal too")
    parser.set_defaults(run=up.run)


def _status(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("status", help="show what runs, as what, and where it listens")
    _run_dir(parser, "the run to show; without it, all that run")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=status.run)


def _down(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("down", help="end a world; ending one that has ended is no error")
    _run_dir(parser, "the run to end; without it, the only one that runs")
    parser.add_argument("--keep", action="store_true", help="leave its run directory")
    parser.set_defaults(run=down.run)


def _fault(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    fault = commands.add_parser(
        "fault", help="make calls fail: add, list and remove rules in a running world"
    )
    actions = fault.add_subparsers(required=True, metavar="ACTION")
    add = actions.add_parser(
        "add", help="add a rule, for example: fault add ssm:PutParameter throttle --times 2"
    )
    add.add_argument("target", metavar="SERVICE:OPERATION", help="globs; service is neon, ssm, s3 or kube")
    add.add_argument(
        "action",
        help="status, latency, hang, hang_after, drop_before, drop_after, throttle, truncate or cut",
    )
    for name, kind, text in faulting.OPTIONS:
        add.add_argument(f"--{name}", type=kind, help=text)
    add.set_defaults(run=faulting.add)
    show = actions.add_parser("list", help="list the rules, with how many calls each matched and struck")
    show.add_argument("--json", action="store_true", help="print JSON")
    show.set_defaults(run=faulting.show)
    remove = actions.add_parser("remove", help="remove one rule, or all")
    which = remove.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", help="as `fault list` shows it")
    which.add_argument("--all", action="store_true", help="remove every rule")
    remove.set_defaults(run=faulting.remove)
    for parser in (add, show, remove):
        _run_dir(parser, "the run meant; without it, the only one that runs")


def _run_dir(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--run-dir", type=Path, metavar="DIR", help=text)


def _speed(text: str) -> float:
    speed = float(text)
    if speed <= 0:
        raise argparse.ArgumentTypeError("it is a positive number")
    return speed

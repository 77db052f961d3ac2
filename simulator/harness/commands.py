"""The commands of `python -m simulator` and their options."""

import argparse
import math
from collections.abc import Callable, Sequence
from pathlib import Path

from simulator.backends.containers.images import NAMES
from simulator.harness import down, faulting, status, tiers, up
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


_ABOUT = """\
The whole platform, simulated on this machine: Kubernetes with ArgoCD, External Secrets and Crossplane, Neon
on real PostgreSQL, AWS Parameter Store and S3. It listens on loopback only, with credentials of its own, and
reads and writes nothing of yours.
"""
_EXAMPLES = """\
examples:
  python -m simulator up --run-dir /tmp/world     start a world here; Ctrl-C ends it
  python -m simulator status                      in another terminal: what runs, and where it listens
  kubectl --kubeconfig /tmp/world/kubeconfig get pods -A
  portal --world /tmp/world status
  python -m simulator fault add ssm:PutParameter throttle --times 2
  python -m simulator down
"""
_UP = """\
Starts a world, prints where everything listens once all of it accepts requests, and stays until it is told
to end: by Ctrl-C, by `down`, or, when its standard input is a pipe, by the end of that input.
"""
_KUBERNETES = """\
Serves the simulator's API server with the workload controllers and no node: Deployments become pods, pods
wait. Prints one JSON line with the path of a kubeconfig once it accepts requests, and stays until Ctrl-C or,
when its standard input is a pipe, until the end of that input. Nothing is kept when it ends.
"""
_FAULTS = """\
actions:
  status       answer with --status, --code and --message, or with --body, instead of carrying the call out
  throttle     the API's own way to say that calls come too fast
  latency      carry the call out --seconds later
  hang         give no answer; hang_after carries the call out first
  drop_before  break the connection; drop_after carries the call out first
  truncate     break the answer off in the middle of its body
  cut          end a stream (a watch, a followed log) after --seconds

examples:
  fault add neon:createProjectBranchRole drop_after --nth 1
  fault add 'kube:watch *' cut --seconds 5 --caller portal
  fault add 'ssm:Get*' status --status 500 --probability 0.3
"""


def _parser() -> argparse.ArgumentParser:
    parser = _described(argparse.ArgumentParser, _ABOUT, _EXAMPLES, prog="python -m simulator")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _up(commands)
    _status(commands)
    _down(commands)
    _fault(commands)
    _kubernetes(commands)
    return parser


def _kubernetes(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "serve an empty Kubernetes cluster alone, with nothing of the platform"
    parser = _described(commands.add_parser, _KUBERNETES, "", "kubernetes", help=text)
    parser.add_argument(
        "--dir", type=Path, metavar="DIR", required=True, help="an empty or new directory for its kubeconfig"
    )
    parser.add_argument(
        "--port", type=int, default=0, metavar="N", help="on loopback; without it, any free one"
    )
    parser.add_argument(
        "--credential",
        choices=("certificate", "token"),
        default="certificate",
        help="what the kubeconfig holds for its user (default: certificate)",
    )
    parser.set_defaults(run=_serve_kubernetes)


def _serve_kubernetes(arguments: argparse.Namespace) -> int:
    from simulator.harness.apiserver import run  # noqa: PLC0415 - the other commands stay small

    return run(arguments.dir, arguments.port, arguments.credential)


def _described(
    make: Callable[..., argparse.ArgumentParser], about: str, epilog: str, *names: str, **more: str
) -> argparse.ArgumentParser:
    """A parser whose texts keep their lines."""
    keep = argparse.RawDescriptionHelpFormatter
    return make(*names, description=about, epilog=epilog, formatter_class=keep, **more)


def _up(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "start a world and stay until it is told to end"
    parser = _described(commands.add_parser, _UP, "", "up", help=text)
    _run_dir(parser, "an empty or new directory; without it, one under the system's temporary directory")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="S", help="of everything drawn by chance (default: 1)"
    )
    parser.add_argument(
        "--speed", type=_speed, default=1.0, metavar="N", help="simulated time passes N times faster"
    )
    parser.add_argument(
        "--environment", choices=ENVIRONMENTS, default="dev", help="the one the cluster serves (default: dev)"
    )
    tiers.configure(parser)
    parser.add_argument(
        "--image",
        action="append",
        default=[],
        metavar="NAME=REF",
        help=f"another image for {', '.join(NAMES)}; may repeat",
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
    text = "add a rule and print its id, for example: fault add ssm:PutParameter throttle --times 2"
    add = _described(
        actions.add_parser, "Make calls fail; the rule's id is printed.", _FAULTS, "add", help=text
    )
    add.add_argument(
        "target",
        metavar="SERVICE:OPERATION",
        help="globs; service is neon, ssm, s3 or kube; operations are named as in logs/gateway.jsonl",
    )
    add.add_argument(
        "action",
        metavar="ACTION",
        help="status, latency, hang, hang_after, drop_before, drop_after, throttle, truncate or cut",
    )
    for name, kind, text in faulting.OPTIONS:
        add.add_argument(f"--{name}", type=kind, metavar=_METAVARS.get(kind, "TEXT"), help=text)
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


_METAVARS: dict[object, str] = {int: "N", float: "NUMBER"}


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not (math.isfinite(speed) and speed > 0):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number, such as 10 or 0.5")
    return speed

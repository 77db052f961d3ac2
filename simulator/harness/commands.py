"""The commands of `python -m simulator` and their options."""

import argparse
import math
from collections.abc import Callable, Sequence
from pathlib import Path

from simulator.backends.containers.images import NAMES
from simulator.harness import down, faultcommand, leftovers, named_cluster, reset, status, tiers, up
from simulator.harness.order import ENVIRONMENTS, VERSIONS
from simulator.harness.selection import Refusal
from simulator.harness.talk import say

FAILED = 1
INTERRUPTED = 130


def main(argv: Sequence[str]) -> int:
    """Run one command; its exit status: 0 done, 1 failed, 2 usage, 3 not as it should be, 130 interrupted."""
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
_RESET = """\
Neon's projects, parameters, buckets, the tenants repository, the objects of the cluster with all pods, and
the fault rules are again what they were when the world came up; databases and caches are empty. Kept are
the endpoints, the credentials, the certificates, the logs and the clock. Calls made meanwhile wait.
"""
_KUBERNETES = """\
Serves the simulator's API server with the workload controllers and no node: Deployments become pods, pods
wait. Prints one JSON line with the path of a kubeconfig once it accepts requests, and stays until Ctrl-C or,
when its standard input is a pipe, until the end of that input. Nothing is kept when it ends.
"""


def _parser() -> argparse.ArgumentParser:
    parser = _described(argparse.ArgumentParser, _ABOUT, _EXAMPLES, prog="python -m simulator")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _up(commands)
    _status(commands)
    _down(commands)
    _leftovers(commands)
    _reset(commands)
    faultcommand.configure(commands, _described, _run_dir)
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
    _only(parser)
    parser.add_argument(
        "--external-secrets",
        choices=VERSIONS,
        default=VERSIONS[0],
        help="the version of its kinds External Secrets serves, as operators from 0.16 or before do"
        " (default: v1)",
    )
    tiers.configure(parser)
    named_cluster.configure(parser)
    parser.add_argument(
        "--image",
        action="append",
        default=[],
        metavar="NAME=REF",
        help=f"another image for {', '.join(NAMES)}; may repeat",
    )
    parser.add_argument(
        "--faults",
        type=Path,
        metavar="FILE",
        help="rules in force from the moment the world is up; as for `fault add -f`",
    )
    parser.add_argument("--keep", action="store_true", help="leave the run directory when the world ends")
    parser.add_argument("--json", action="store_true", help="print the JSON line on a terminal too")
    parser.set_defaults(run=up.run)


def _only(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only",
        choices=("kubernetes",),
        default="",
        help="this system alone, with nothing of the platform; of the cluster its controllers and its node",
    )
    parser.add_argument(
        "--no-kubelet",
        dest="kubelet",
        action="store_false",
        help="with --only kubernetes: no node either, so that pods wait",
    )


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


def _leftovers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "leftovers", help="containers, networks and volumes of worlds that have ended; exit 3 when there are"
    )
    _run_dir(parser, "only those of this run; without it, of all")
    parser.add_argument("--remove", action="store_true", help="remove them")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=leftovers.run)


def _reset(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "put a running world back to its first state"
    parser = _described(commands.add_parser, _RESET, "", "reset", help=text)
    _run_dir(parser, "the run meant; without it, the only one that runs")
    parser.add_argument("--faults", action="store_true", help="only the fault rules")
    parser.set_defaults(run=reset.run)


def _run_dir(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--run-dir", type=Path, metavar="DIR", help=text)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not (math.isfinite(speed) and speed > 0):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number, such as 10 or 0.5")
    return speed

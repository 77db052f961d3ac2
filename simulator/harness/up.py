"""`up`: check what is needed, prepare the run directory, supervise the world, leave nothing but logs."""

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from simulator.backends.containers.failures import ContainersUnavailable
from simulator.backends.containers.images import BadImage
from simulator.backends.environment import constructed
from simulator.harness import containers, faulting, healing, named_cluster
from simulator.harness.order import NOTHING_STARTED, Order
from simulator.harness.preflight import Unmet, check, check_alone
from simulator.harness.rundir import RunDirectory, Unusable, new_run_id, prepare, write_private
from simulator.harness.selection import Refusal
from simulator.harness.status import table
from simulator.harness.supervisor import ORDERLY_SECONDS, Supervisor
from simulator.harness.talk import put, say
from simulator.harness.tiers import Tiers, chosen

_PACKAGES = Path(__file__).resolve().parents[2]
_INTERRUPTED = 130


def run(arguments: argparse.Namespace) -> int:
    """0 when the world came up and was told to end, 130 when it was told before it came up, else 1.

    A world that lives in the run directory already, degraded, is healed; that returns at once.
    """
    if arguments.run_dir is not None and (healed := healing.heal(arguments.run_dir)):
        put(json.dumps(healed) if _plain(arguments) else table(healed))
        return 0
    run_id = new_run_id()
    try:
        _check(arguments)
        cluster = named_cluster.named(arguments, os.environ)
        wanted = containers.wanted(arguments, os.environ)
        faults = faulting.of_file(arguments.faults) if arguments.faults else []
        directory, created = prepare(arguments.run_dir, run_id)
        lock = directory.claim(run_id, created)
        write_private(directory.faults_file, json.dumps(faults))
    except (Unmet, Unusable, BadImage, ContainersUnavailable) as exc:
        raise Refusal(str(exc)) from exc
    except OSError as exc:
        raise Refusal(
            f"The run directory cannot be used: {exc.strerror}. Name another with --run-dir."
        ) from exc
    order = Order(
        run_dir=directory.path,
        run_id=run_id,
        seed=arguments.seed,
        speed=arguments.speed,
        environment=arguments.environment,
        supervisor=os.getpid(),
        lock=lock,
        tiers=wanted.tiers,
        images=wanted.images,
        engine=wanted.engine,
        reaper=wanted.reaper,
        kind=cluster.kind,
        kind_provider=cluster.provider,
        kubeconfig=cluster.kubeconfig,
        context=cluster.context,
        only=arguments.only,
        kubelet=arguments.kubelet,
        external_secrets=arguments.external_secrets,
    )
    supervisor = Supervisor(_world(order), _environment(directory), [lock])
    try:
        status = supervisor.run(_Announcement(plain=_plain(arguments)))
    finally:
        left = directory.remove_outside()
        in_the_way = directory.remove_containers(final=False)
    for sentence in left:
        say(sentence)
    if in_the_way:
        say(f"{in_the_way} What the run has there goes with the next up, down or leftovers --remove.")
    if supervisor.asked_to_end:
        status = _as_asked(status, came_up=bool(directory.world()))
    _settle(directory, status, keep=arguments.keep or directory.keep_file.exists())
    os.close(lock)
    return status if status in {0, _INTERRUPTED} else 1


def _check(arguments: argparse.Namespace) -> None:
    """Raises Unmet for what the machine lacks, or for options that do not go together."""
    if not arguments.only:
        if not arguments.kubelet:
            raise Unmet("--no-kubelet goes with a cluster alone: add --only kubernetes.")
        check()
        return
    if chosen(arguments) != Tiers():
        raise Unmet(f"--only {arguments.only} serves the simulator's own: leave --tier and its like away.")
    if arguments.faults:
        raise Unmet(f"--only {arguments.only} has no gateway that could break calls: leave --faults away.")
    check_alone()


def _plain(arguments: argparse.Namespace) -> bool:
    """Whether the world is told as JSON."""
    return arguments.json or not sys.stdout.isatty()


def _as_asked(status: int, *, came_up: bool) -> int:
    """The exit status of a world that was told to end: being too slow at it is no failure.

    One that is told a second time while it leaves may no longer listen, and ends by the signal itself.
    """
    if not came_up:
        return _INTERRUPTED
    if status == -signal.SIGKILL:
        say(f"The world did not end within {ORDERLY_SECONDS:g} s and was killed.")
    return 0 if status in {-signal.SIGKILL, -signal.SIGTERM} else status


def _settle(directory: RunDirectory, status: int, *, keep: bool) -> None:
    """After a good end nothing stays; after a failure the logs do."""
    if status == NOTHING_STARTED:
        directory.remove()
    elif keep:
        say(f"Kept: {directory.path}")
    elif status in {0, _INTERRUPTED}:
        directory.remove()
    else:
        say(f"The world ended with status {status}. Its logs stay in {directory.logs}")
        directory.strip()


def _world(order: Order) -> list[str]:
    """Neither the working directory nor the user's own packages are on the world's path."""
    return [sys.executable, "-P", "-s", "-m", "simulator", "world", *order.argv()]


def _environment(directory: RunDirectory) -> dict[str, str]:
    """The world finds this very package, and the run directory where programs look for a home."""
    env = constructed({"HOME": str(directory.path / "home")})
    path = [str(_PACKAGES), *filter(None, [env.get("PYTHONPATH")])]
    return {**env, "PYTHONPATH": os.pathsep.join(path)}


class _Announcement:
    """The world's standard output: its one line as it is, or, on a terminal, as a table."""

    def __init__(self, *, plain: bool) -> None:
        self._plain = plain
        self._pending = b""

    def __call__(self, piece: bytes) -> None:
        *lines, self._pending = (self._pending + piece).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace")
            put(text if self._plain else table(json.loads(text)))

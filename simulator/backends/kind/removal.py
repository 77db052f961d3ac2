"""Delete a run's kind cluster; uses the standard library alone, so that a supervisor can do it.

It may be asked any number of times, also while a killed creation is still being carried out by the engine.
Node containers that kind leaves, because it is gone, fails or was quicker than the engine, are removed by the
label it puts on them.
"""

import subprocess
import threading
from pathlib import Path
from time import monotonic

from simulator.backends.containers import removal as containers
from simulator.backends.containers.failures import ContainersUnavailable
from simulator.backends.environment import constructed
from simulator.backends.kind import record
from simulator.backends.kind.record import NODE_LABEL, Record

DELETE_SECONDS = 60.0
LATE_SECONDS = 3.0
"""How long after a creation that did not end a node container may still appear."""
_LOOK_SECONDS = 0.25
_FAILED = 127


def remove(run_dir: Path, seconds: float = DELETE_SECONDS) -> str:
    """What is left of the run's cluster, as one sentence; empty, and no record any more, when nothing is."""
    found = record.read(run_dir)
    if found is None:
        return ""
    unfinished = not (run_dir / record.KUBECONFIG).exists()
    status, told = _delete(found, run_dir, seconds)
    removed = _remove_nodes(found, LATE_SECONDS if unfinished else 0.0)
    if status != 0 and not removed:
        return (
            f"The kind cluster {found.name} is not deleted ({told}): "
            f"run kind delete cluster --name {found.name}"
        )
    record.forget(run_dir)
    return ""


def _delete(found: Record, run_dir: Path, seconds: float) -> tuple[int, str]:
    """By kind: its exit status, and the last line it wrote."""
    environment = constructed({"HOME": str(run_dir / "home"), **found.environment})
    try:
        done = subprocess.run(
            found.delete(run_dir),
            check=False,
            env=environment,
            cwd=run_dir,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
        )
    except OSError as exc:
        return _FAILED, f"{found.program}: {exc.strerror}"
    except subprocess.TimeoutExpired:
        return _FAILED, f"kind did not end within {seconds:.0f} s"
    lines = done.stdout.decode(errors="replace").strip().splitlines()
    return done.returncode, lines[-1] if lines else f"status {done.returncode}"


def _remove_nodes(found: Record, late: float) -> bool:
    """Whether no node container of the cluster is left, as far as the engine tells.

    Looks for `late` seconds, in which the engine may still make one that was asked for before.
    """
    if not found.engine:
        return False
    label, deadline, pause = f"{NODE_LABEL}={found.name}", monotonic() + late, threading.Event()
    try:
        while True:
            containers.remove_all(found.engine, containers.marked(found.engine, label))
            if monotonic() >= deadline:
                return not containers.marked(found.engine, label)
            pause.wait(_LOOK_SECONDS)
    except ContainersUnavailable:
        return False

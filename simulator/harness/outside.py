"""What a run has outside its directory and its processes: a kind cluster, objects in an existing cluster.

Their records lie in the run directory; a run with a record left is kept until its removal has succeeded.
"""

import os
import subprocess
import sys
from pathlib import Path

from simulator.backends.environment import constructed
from simulator.backends.kind import record, removal
from simulator.harness import external

FILES = frozenset({record.FILE, external.FILE})
SECONDS = 75.0
"""What removing all of it may take."""
_PACKAGES = Path(__file__).resolve().parents[2]


def pending(run_dir: Path) -> bool:
    """Whether something is left to remove."""
    return any((run_dir / name).exists() for name in FILES)


def described(run_dir: Path) -> tuple[str, str]:
    """What may be left and its name, for a person."""
    made = record.read(run_dir)
    if made is not None:
        return "kind cluster", made.name
    used = external.read(run_dir)
    return "objects", f"in the cluster of context {used.context}" if used else "in a cluster"


def remove(run_dir: Path) -> list[str]:
    """Remove all of it; one sentence for each thing that could not be."""
    return [sentence for sentence in (removal.remove(run_dir), _withdraw(run_dir)) if sentence]


def _withdraw(run_dir: Path) -> str:
    """By a process of its own, for it needs packages that its caller does without."""
    found = external.read(run_dir)
    if found is None:
        return ""
    environment = constructed({"HOME": str(run_dir)})
    path = os.pathsep.join([str(_PACKAGES), *filter(None, [environment.get("PYTHONPATH")])])
    command = [sys.executable, "-P", "-s", "-m", "simulator.harness.withdrawal", str(run_dir)]
    try:
        done = subprocess.run(
            command,
            check=False,
            env={**environment, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return (
            f"The cluster of {found.kubeconfig} still holds what run {found.run_id} applied: no time was left"
        )
    if done.returncode == 0:
        return ""
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"Withdrawing from the cluster ended with status {done.returncode}"

"""The record of an existing cluster in use: written before anything is applied, removed with the last of it.

It names the person's kubeconfig and holds no credential.
"""

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from simulator.backends import durable

FILE = "external.json"
VOLUMES = "zerotouch-rehearsal"
"""The class of the volumes a run makes there; an existing cluster may have a local-path of its own."""


@dataclass(frozen=True, slots=True)
class External:
    """Where the cluster is named, which run marked what it applied, which namespaces were there before."""

    kubeconfig: str
    context: str
    run_id: str
    namespaces: tuple[str, ...] = ()

    def write(self, run_dir: Path) -> None:
        durable.write(run_dir / FILE, json.dumps(asdict(self)))


def read(run_dir: Path) -> External | None:
    """What there is to withdraw from; None when there is nothing."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        return External(**json.loads((run_dir / FILE).read_text()))
    return None


def forget(run_dir: Path) -> None:
    (run_dir / FILE).unlink(missing_ok=True)

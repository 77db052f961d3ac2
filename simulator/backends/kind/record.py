"""The record of a run's kind cluster: written before it is created, removed once it is deleted."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from simulator.backends import durable

FILE = "kind.json"
KUBECONFIG = "kind.kubeconfig"
NODE_LABEL = "io.x-k8s.kind.cluster"
"""On every node container of a kind cluster, with the cluster's name."""
_PREFIX = "zerotouch-"
_ENGINE_VARIABLES = ("DOCKER_HOST", "CONTAINER_HOST")
PROVIDER = "KIND_EXPERIMENTAL_PROVIDER"


@dataclass(frozen=True, slots=True)
class Record:
    """`program` is kind itself; `environment` is what it needs to find the container engine."""

    name: str
    program: str
    environment: Mapping[str, str] = field(default_factory=dict)

    def write(self, run_dir: Path) -> None:
        """Make it durable; raises OSError."""
        durable.write(run_dir / FILE, json.dumps(asdict(self)))

    @property
    def engine(self) -> str:
        """The URL of the container engine; empty where kind finds it itself."""
        return self.environment.get(_ENGINE_VARIABLES[0], "")

    def create(self, run_dir: Path, config: Path, image: str, wait_seconds: int) -> list[str]:
        """The command line that creates the cluster."""
        return [
            *(self.program, "create", "cluster", "--name", self.name),
            *("--kubeconfig", str(run_dir / KUBECONFIG), "--config", str(config)),
            *("--image", image, "--wait", f"{wait_seconds}s"),
        ]

    def delete(self, run_dir: Path) -> list[str]:
        """The command line that deletes it; deleting one that is not there succeeds."""
        kubeconfig = str(run_dir / KUBECONFIG)
        return [self.program, "delete", "cluster", "--name", self.name, "--kubeconfig", kubeconfig]


def of_run(run_id: str, program: str, engine: str = "", provider: str = "") -> Record:
    """A run's cluster; `engine` is the URL of the container engine, `provider` what kind calls its kind."""
    environment = dict.fromkeys(_ENGINE_VARIABLES, engine) if engine else {}
    return Record(_PREFIX + run_id, program, environment | ({PROVIDER: provider} if provider else {}))


def read(run_dir: Path) -> Record | None:
    """What is left to delete; None when nothing is."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        return Record(**json.loads((run_dir / FILE).read_text()))
    return None


def forget(run_dir: Path) -> None:
    (run_dir / FILE).unlink(missing_ok=True)

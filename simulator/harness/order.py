"""What a world is asked for, as the supervisor passes it to the world process."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from simulator.backends.containers.images import Images
from simulator.harness.tiers import Tiers

NOTHING_STARTED = 69
"""The status of a world that has said in one sentence what it lacks, and has started nothing."""
ENVIRONMENTS = ("dev", "staging", "prod")
VERSIONS = ("v1", "v1beta1")
"""What External Secrets may serve its kinds in."""


class Unready(Exception):
    """Why nothing of a world was started; one sentence."""


@dataclass(frozen=True, slots=True)
class Order:
    """`environment` is the one the cluster serves; `lock` is the descriptor that says the run is alive.

    `engine` is the URL of the container engine, empty where none is needed; `reaper` the socket of it that
    the reaper gets, empty where none is wanted. `kind` is the path of that program and `kind_provider` what
    it is told to run containers with; `kubeconfig` and `context` name an existing cluster. `only` names
    the one system that is to be served alone, with a node only where `kubelet` says so. `external_secrets`
    is the version External Secrets serves.
    """

    run_dir: Path
    run_id: str
    seed: int
    speed: float
    environment: str
    supervisor: int
    lock: int
    tiers: Tiers = field(default_factory=Tiers)
    images: Images = field(default_factory=Images)
    engine: str = ""
    reaper: str = ""
    kind: str = ""
    kind_provider: str = ""
    kubeconfig: str = ""
    context: str = ""
    only: str = ""
    kubelet: bool = True
    external_secrets: str = VERSIONS[0]

    def argv(self) -> list[str]:
        return [f"--{part.name.replace('_', '-')}={_text(getattr(self, part.name))}" for part in fields(self)]

    @classmethod
    def parse(cls, argv: Sequence[str]) -> "Order":
        parser = argparse.ArgumentParser(prog="python -m simulator world")
        for part in fields(cls):
            parser.add_argument(
                f"--{part.name.replace('_', '-')}", type=_TYPES.get(part.name, str), required=True
            )
        return cls(**vars(parser.parse_args(argv)))


def _text(value: Any) -> str:
    """A value as an argument; of several, `name=value` with commas between, which none of them contains."""
    if isinstance(value, Tiers | Images):
        return ",".join(f"{name}={each}" for name, each in asdict(value).items())
    return str(value)


def _named(text: str) -> dict[str, str]:
    return dict(each.split("=", 1) for each in text.split(","))


_TYPES: dict[str, Callable[[str], Any]] = {
    "run_dir": Path,
    "seed": int,
    "speed": float,
    "supervisor": int,
    "lock": int,
    "kubelet": lambda text: text == str(True),
    "tiers": lambda text: Tiers(**_named(text)),
    "images": lambda text: Images(**_named(text)),
}

"""What a world is asked for, as the supervisor passes it to the world process."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

ENVIRONMENTS = ("dev", "staging", "prod")


@dataclass(frozen=True, slots=True)
class Order:
    """`environment` is the one the cluster serves; `lock` is the descriptor that says the run is alive."""

    run_dir: Path
    run_id: str
    seed: int
    speed: float
    environment: str
    supervisor: int
    lock: int

    def argv(self) -> list[str]:
        return [f"--{part.name.replace('_', '-')}={getattr(self, part.name)}" for part in fields(self)]

    @classmethod
    def parse(cls, argv: Sequence[str]) -> "Order":
        parser = argparse.ArgumentParser(prog="python -m simulator world")
        for part in fields(cls):
            parser.add_argument(
                f"--{part.name.replace('_', '-')}", type=_TYPES.get(part.name, str), required=True
            )
        return cls(**vars(parser.parse_args(argv)))


_TYPES = {"run_dir": Path, "seed": int, "speed": float, "supervisor": int, "lock": int}

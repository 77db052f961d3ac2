"""What the worlds of end-to-end tests are made of: `pytest --tier container --cluster embedded`."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from simulator.backends.containers import removal
from tests.simulator.engines import engine_url

OPTIONS = ("tier", "postgres", "ssm", "cache", "cluster", "pods")
IMAGES = {"postgres": "postgres", "ssm": "localstack", "cache": "dragonfly"}
ENGINE = ("DOCKER_", "TESTCONTAINERS_", "RYUK_", "ZEROTOUCH_IMAGE_")


@dataclass(frozen=True, slots=True)
class Tier:
    """What was asked for, by option; `engine` is where containers run, empty where none are asked for."""

    asked: dict[str, str] = field(default_factory=dict)
    engine: str = ""

    @classmethod
    def of(cls, config: pytest.Config) -> "Tier":
        """By the options of this run; skips the test where the engine or an image is missing."""
        asked = {name: value for name in OPTIONS if (value := config.getoption(f"--{name}"))}
        if not in_containers(config):
            return cls(asked)
        every = asked.get("tier") == "container"
        names = [
            image
            for name, image in IMAGES.items()
            if asked.get(name, "container" if every else "") == "container"
        ]
        return cls(asked, engine_url(*names))

    @property
    def flags(self) -> list[str]:
        """For `python -m simulator up`."""
        return [word for name, value in self.asked.items() for word in (f"--{name}", value)]

    @property
    def environment(self) -> dict[str, str]:
        """For `portal rehearse`, and what lets either of them find the engine."""
        if not self.asked:
            return {}
        engine = {name: text for name, text in os.environ.items() if name.startswith(ENGINE)}
        settings = {f"PORTAL_REHEARSAL_{name.upper()}": value for name, value in self.asked.items()}
        return {**engine, **settings, **({"DOCKER_HOST": self.engine} if self.engine else {})}

    def left_of(self, directory: Path) -> list[str]:
        """What is in the engine of runs whose directory lies below this one."""
        if not self.engine:
            return []
        found = removal.marked(self.engine)
        return [
            f"{left.kind} {left.name}" for left in found if Path(left.run_directory).is_relative_to(directory)
        ]


def about(item: pytest.Item, names: Sequence[str]) -> bool:
    """Whether the test's parameters name one of these."""
    called = getattr(item, "callspec", None)
    return called is not None and any(name in called.id for name in names)


def repeated(item: pytest.Item) -> bool:
    """Whether it is one of the tests that are repeated; names in its mark limit that to such parameters."""
    mark = item.get_closest_marker("tiers")
    return mark is not None and (not mark.args or not hasattr(item, "callspec") or about(item, mark.args))


def in_containers(config: pytest.Config) -> bool:
    """Whether an engine is needed for what was asked."""
    return any(config.getoption(f"--{name}") == "container" for name in OPTIONS)

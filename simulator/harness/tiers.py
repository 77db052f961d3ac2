"""What each backend of a world is made of, as chosen on the command line."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace

from simulator.harness.selection import Refusal

EMBEDDED, CONTAINER, PROCESS, NONE = "embedded", "container", "process", "none"
KIND, EXTERNAL = "kind", "external"


@dataclass(frozen=True, slots=True)
class Tiers:
    """One word for each backend: container and kind need an engine, external needs a cluster named."""

    postgres: str = EMBEDDED
    ssm: str = EMBEDDED
    cache: str = EMBEDDED
    cluster: str = EMBEDDED
    pods: str = PROCESS

    def of_containers(self) -> bool:
        """Whether an engine is needed."""
        return self.cluster == KIND or self.makes_containers()

    def makes_containers(self) -> bool:
        """Whether a run makes containers of its own, and not kind alone."""
        return CONTAINER in asdict(self).values()

    def images(self) -> tuple[str, ...]:
        """The images needed before anything starts, by their names in `Images`."""
        return tuple(image for name, tier, image in _IMAGES if getattr(self, name) == tier)


CHOICES: dict[str, tuple[str, ...]] = {
    "postgres": (EMBEDDED, CONTAINER),
    "ssm": (EMBEDDED, CONTAINER),
    "cache": (EMBEDDED, CONTAINER),
    "cluster": (EMBEDDED, KIND, EXTERNAL),
    "pods": (PROCESS, CONTAINER, NONE),
}
"""What each backend can be made of, the usual one first."""
PRESETS = {
    EMBEDDED: Tiers(),
    CONTAINER: Tiers(postgres=CONTAINER, ssm=CONTAINER, cache=CONTAINER, cluster=KIND),
}
_IMAGES = (
    ("postgres", CONTAINER, "postgres"),
    ("ssm", CONTAINER, "localstack"),
    ("cache", CONTAINER, "dragonfly"),
    ("cluster", KIND, "node"),
)
_TEXTS = {
    "postgres": "the computes of Neon",
    "ssm": "Parameter Store and S3",
    "cache": "the caches of tenants",
    "cluster": "the cluster",
    "pods": "what a pod's containers are",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add --tier and an option for each backend."""
    group = parser.add_argument_group("what backends are made of")
    group.add_argument("--tier", choices=_presets(), default=EMBEDDED, help="of all (default: embedded)")
    for name, choices in CHOICES.items():
        group.add_argument(f"--{name}", choices=choices, help=f"{_TEXTS[name]}, whatever --tier says")


def chosen(arguments: argparse.Namespace) -> Tiers:
    """The preset, changed where a backend was chosen alone; raises Refusal for what does not fit.

    Caches are pods too: where pods are containers, so are they.
    """
    alone = {name: tier for name in CHOICES if (tier := getattr(arguments, name)) is not None}
    if alone.get("pods") == CONTAINER and alone.setdefault("cache", CONTAINER) != CONTAINER:
        raise Refusal(
            "Pods that are containers cannot reach a cache that is a process: leave out --cache embedded."
        )
    return replace(PRESETS[arguments.tier], **alone)


def _presets() -> Sequence[str]:
    """Those all of whose parts can be chosen."""
    return [
        name
        for name, tiers in PRESETS.items()
        if all(getattr(tiers, field.name) in CHOICES[field.name] for field in fields(tiers))
    ]

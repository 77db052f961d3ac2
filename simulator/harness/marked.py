"""The labels by which what a run applies to a real cluster is known as that run's."""

from collections.abc import Mapping

from simulator.backends.containers.marks import RUN, SIMULATOR
from simulator.controllers.kinds import Object, labels_of

__all__ = ["RUN", "SIMULATOR", "labels", "marked"]


def labels(run_id: str) -> dict[str, str]:
    return {SIMULATOR: "1", RUN: run_id}


def marked(obj: Object, marks: Mapping[str, str]) -> Object:
    """`obj` with the labels added; itself when there are none to add."""
    if not marks:
        return obj
    return {**obj, "metadata": {**obj["metadata"], "labels": {**labels_of(obj), **marks}}}

"""Which run a command means."""

from pathlib import Path

from simulator.harness.rundir import RunDirectory, Unusable, runs


class Refusal(Exception):
    """Why a command did nothing; one sentence with the way out."""


def the_run(given: Path | None) -> RunDirectory:
    """The run named, else the only one alive; raises Refusal."""
    if given is not None:
        run = RunDirectory(given.absolute())
        if not run.identity():
            raise Refusal(f"There is no rehearsal in {given}. List them: python -m simulator status")
        return run
    alive = living()
    if not alive:
        raise Refusal("No rehearsal is running. Start one: python -m simulator up")
    if len(alive) > 1:
        paths = ", ".join(str(run.path) for run in alive)
        raise Refusal(f"{len(alive)} rehearsals are running; name one with --run-dir: {paths}")
    return alive[0]


def living() -> list[RunDirectory]:
    """The runs alive; raises Refusal when the index of runs cannot be used."""
    try:
        return [run for run in runs() if run.alive()]
    except Unusable as exc:
        raise Refusal(str(exc)) from exc

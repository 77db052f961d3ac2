"""What runs beside the screens: where it stands, and its last steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from portal.core.events import Progress, Stage
from portal.core.wording import STAGE_SIGNS, plain
from portal.tui.present.pieces import Piece, Tone


class Outcome(StrEnum):
    """How far the work beside the screens has come."""

    NONE = "none"
    RUNNING = "running"
    STOPPING = "stopping"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Activity:
    """Its outcome so far, its newest step, the steps before it, and the sentence it failed with."""

    outcome: Outcome = Outcome.NONE
    now: Progress | None = None
    steps: Sequence[Progress] = ()
    fault: str = ""


_TONES: Mapping[Stage, Tone] = MappingProxyType(
    {
        Stage.STARTED: Tone.BUSY,
        Stage.WAITING: Tone.BUSY,
        Stage.DONE: Tone.GOOD,
        Stage.UNCHANGED: Tone.FAINT,
        Stage.FAILED: Tone.BAD,
        Stage.SKIPPED: Tone.FAINT,
    }
)


def activity_head(activity: Activity) -> Piece:
    """One line; a failure in full."""
    match activity.outcome:
        case Outcome.NONE:
            return Piece("")
        case Outcome.RUNNING:
            return Piece(f"… {_words(activity.now)}" if activity.now else "… starting", Tone.BUSY)
        case Outcome.STOPPING:
            return Piece("… stopping after the present step; q again stops at once", Tone.WARN)
        case Outcome.DONE:
            return Piece("✔ all steps done", Tone.GOOD)
        case Outcome.FAILED:
            return Piece(f"✖ failed: {plain(activity.fault)}", Tone.BAD)
        case Outcome.STOPPED:
            return Piece("! stopped; what was done is recorded", Tone.WARN)


def activity_lines(activity: Activity) -> tuple[Piece, ...]:
    """The steps, oldest first."""
    return tuple(Piece(_line(step), _TONES[step.stage]) for step in activity.steps)


def _line(step: Progress) -> str:
    took = f" ({step.seconds:.1f} s)" if step.seconds is not None else ""
    return f"{STAGE_SIGNS[step.stage]} {_words(step)}{took}"


def _words(step: Progress) -> str:
    detail = f": {plain(step.detail)}" if step.detail else ""
    return f"{plain(step.scope)}  {plain(step.step)}{detail}"

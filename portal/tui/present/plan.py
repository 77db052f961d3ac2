"""A plan on the review page: the very text the command line prints, with a tone a line."""

from portal.core.plan import Operation, Plan, plan_lines
from portal.core.wording import plain
from portal.tui.present.pieces import Piece, Tone

_TONES = {
    "+": Tone.GOOD,
    "~": Tone.BUSY,
    "-": Tone.BAD,
    "=": Tone.FAINT,
    "warning:": Tone.WARN,
    "unknown:": Tone.WARN,
    "refused:": Tone.BAD,
    "Plan:": Tone.STRONG,
}
READING = (Piece("… reading what stands; nothing is changed", Tone.BUSY),)


def plan_pieces(plan: Plan) -> tuple[Piece, ...]:
    """Title, steps, notes, summary."""
    title, *lines = plan_lines(plan)
    return (
        Piece(plain(title), Tone.STRONG),
        *(
            Piece(plain(line), _TONES.get(line.split(maxsplit=1)[0], Tone.TEXT))
            for line in lines
            if line.strip()
        ),
    )


def question(plan: Plan, *, read_only: bool) -> Piece:
    """What can be done with the plan."""
    if read_only:
        return Piece("READ-ONLY: this can be looked at, not done.", Tone.WARN)
    if not plan.applicable:
        return Piece("This cannot be done as it stands; see what is refused or unknown above.", Tone.BAD)
    if not plan.changes:
        return Piece("Nothing is left to do. Going on follows the chain until it is healthy.", Tone.GOOD)
    if plan.operation is Operation.OFFBOARD:
        return Piece("What is removed cannot be brought back.", Tone.WARN)
    return Piece("Exactly this is done; whatever is no longer true by then is refused.", Tone.TEXT)


def needs_name(plan: Plan, *, protected: bool) -> bool:
    """Whether the tenant's name has to be typed."""
    return bool(plan.changes) and (protected or plan.operation is Operation.OFFBOARD)

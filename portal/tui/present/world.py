"""The rehearsal world as a sheet: what stands in for what, the faults in force, the calls that passed."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.report import Drilled
from portal.core.switchboard import Backing, Call, FaultRule, WorldState
from portal.core.wording import age, plain
from portal.tui.present.pieces import Piece, Tone
from portal.tui.present.sheet import Row, Section, Sheet, told

_FIRST_ERROR = 400


@dataclass(frozen=True, slots=True)
class WorldView:
    """What was read last, and why the last try failed, empty where it did not."""

    state: WorldState | None = None
    calls: tuple[Call, ...] = ()
    fault: str = ""


def world_sheet(view: WorldView, drilled: Sequence[Drilled] = ()) -> Sheet:
    """Head, drills, faults, backends, calls."""
    if view.state is None:
        lost = Piece(f"✖ {plain(view.fault)}; nothing was seen of it yet", Tone.BAD)
        waiting = lost if view.fault else Piece("… asking the world", Tone.BUSY)
        return (Section(Piece("World", Tone.STRONG), (waiting,)),)
    notes = (Piece(f"✖ {plain(view.fault)}; this is what was seen last", Tone.BAD),) if view.fault else ()
    state = view.state
    speed = f"time passes {state.speed:g} times"
    head = f"{state.run_dir} · seed {state.seed} · {speed} · up {age(state.uptime_seconds)}"
    return (
        Section(Piece("World", Tone.STRONG), (*notes, told(head, Tone.FAINT))),
        *_drills(drilled),
        _faults(state.faults),
        Section(
            Piece("What stands in for what", Tone.STRONG),
            (),
            ("State", "Backend", "Tier", "Product", "Stands in for"),
            tuple(_backend(row) for row in state.backends),
        ),
        _calls(view.calls),
    )


def targets(calls: Sequence[Call], actions: Sequence[str]) -> tuple[str, ...]:
    """Faults one may want: every operation that was called lately, with every action."""
    operations = dict.fromkeys(call.operation for call in calls)
    return tuple(f"{operation} {action}" for operation in sorted(operations) for action in actions)


def _drills(drilled: Sequence[Drilled]) -> Sheet:
    """Newest first, each with what was seen."""
    rows = tuple(
        (_judged(done), told(done.name), told(sentence))
        if not number
        else (told(""), told(""), told(sentence))
        for done in reversed(drilled)
        for number, sentence in enumerate(done.evidence)
    )
    if not rows:
        return ()
    return (Section(Piece("Drills", Tone.STRONG), (), ("", "Drill", "Evidence"), rows),)


def _judged(done: Drilled) -> Piece:
    return Piece("✔ passed", Tone.GOOD) if done.ok else Piece("✖ failed", Tone.BAD)


def _faults(faults: Sequence[FaultRule]) -> Section:
    title = Piece("Faults in force", Tone.STRONG)
    if not faults:
        return Section(title, (Piece("none; i breaks something on purpose", Tone.FAINT),))
    rows = tuple(_fault(rule) for rule in faults)
    return Section(title, (), ("Id", "Operation", "Action", "Seen", "Struck", "Details"), rows)


def _fault(rule: FaultRule) -> Row:
    struck = Piece(str(rule.struck), Tone.WARN if rule.struck else Tone.FAINT)
    return told(rule.id), told(rule.at), told(rule.action), told(str(rule.seen)), struck, told(rule.details)


def _backend(row: Backing) -> Row:
    good = row.state == "up"
    state = Piece(f"{'✔' if good else '✖'} {row.state}", Tone.GOOD if good else Tone.BAD)
    return state, told(row.name), told(row.tier), told(row.product), told(row.stands_in_for or "itself")


def _calls(calls: Sequence[Call]) -> Section:
    title = Piece("Calls, newest first", Tone.STRONG)
    if not calls:
        return Section(title, (Piece("none yet", Tone.FAINT),))
    return Section(
        title,
        (),
        ("At", "Status", "Took", "Operation", "Caller", "Fault"),
        tuple(_call(call) for call in calls),
    )


def _call(call: Call) -> Row:
    bad = call.status == 0 or call.status >= _FIRST_ERROR
    status = Piece(str(call.status) if call.status else "none", Tone.WARN if bad else Tone.TEXT)
    return (
        told((call.at.partition("T")[2] or call.at).partition(".")[0].rstrip("Z")),
        status,
        told(f"{call.milliseconds:.0f} ms"),
        told(call.operation),
        told(call.caller),
        told(call.fault, Tone.WARN),
    )

"""What the engine tells of unfinished work, as rows to choose from."""

from collections.abc import Sequence

from portal.core.plan import Operation
from portal.core.wording import plain
from portal.engine.onboard import Outlook, Unfinished
from portal.tui.open_work import OpenWork
from portal.tui.present.pieces import Piece, Tone


def open_work(outlooks: Sequence[Outlook]) -> tuple[OpenWork, ...]:
    """In the order given."""
    return tuple(_work(outlook) for outlook in outlooks)


def _work(outlook: Outlook) -> OpenWork:
    if outlook.work is None:
        cause = outlook.error.cause if outlook.error is not None else "its journal cannot be read"
        lines = (Piece(f"✖ {plain(str(outlook.tenant))}", Tone.BAD), Piece(f"  {plain(cause)}"))
        return OpenWork(outlook.tenant, Operation.ONBOARD, "", lines, cause)
    work = outlook.work
    refusal = "another process works on it" if outlook.running else ""
    head = " ".join(filter(None, (str(work.tenant), str(work.operation), work.subject)))
    sign, tone = ("…", Tone.BUSY) if outlook.running else ("!", Tone.WARN)
    return OpenWork(
        work.tenant,
        work.operation,
        work.subject,
        (Piece(f"{sign} {plain(head)}", tone), Piece(f"  {plain(_told(work, refusal))}", Tone.FAINT)),
        refusal,
    )


def _told(work: Unfinished, refusal: str) -> str:
    done = f"{len(work.done)} of {len(work.planned)} steps done" if work.planned else "begun"
    parts = [f"begun {work.since}", done]
    parts += [f"next {work.next}"] if work.next else []
    parts += [f"in doubt: {', '.join(work.doubtful)}"] if work.doubtful else []
    parts += [f"failed at {work.failed}"] if work.failed else []
    parts += [refusal] if refusal else []
    return "; ".join(parts)

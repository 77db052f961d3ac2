"""What the journal knows of earlier runs of a tenant: it settles ownership, the world settles the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.plan import StepKind
from portal.ports import JournalEntry

PLAN, INTENT, DONE, FAILED, FINISHED = "plan", "intent", "done", "failed", "finished"


@dataclass(frozen=True, slots=True)
class Recollection:
    """`runs` all began on this machine; `begun` are digests of plans that were started; `ours` the ids of
    steps that were intended at least once; `published` the names of parameters once written.
    """

    runs: frozenset[str] = frozenset()
    begun: frozenset[str] = frozenset()
    ours: frozenset[str] = frozenset()
    published: frozenset[str] = frozenset()
    refresh_pending: bool = False


def recall(entries: Sequence[JournalEntry]) -> Recollection:
    """Read the entries, oldest first."""
    pending = False
    published: set[str] = set()
    for entry in entries:
        if entry.kind == INTENT and entry.step == StepKind.COMMIT:
            pending = True
        elif entry.kind == DONE and entry.step == StepKind.REFRESH:
            pending = False
        if entry.kind == DONE and "parameter" in entry.data:
            published.add(str(entry.data["parameter"]))
    return Recollection(
        runs=frozenset(entry.run for entry in entries),
        begun=frozenset(str(entry.data.get("digest", "")) for entry in entries if entry.kind == PLAN),
        ours=frozenset(entry.step for entry in entries if entry.kind == INTENT),
        published=frozenset(published),
        refresh_pending=pending,
    )

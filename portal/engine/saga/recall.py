"""What the journal knows of earlier runs of a tenant: it settles ownership, the world settles the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.plan import Operation, StepKind
from portal.ports import JournalEntry

PLAN, INTENT, DONE, FAILED, FINISHED = "plan", "intent", "done", "failed", "finished"


@dataclass(frozen=True, slots=True)
class Recollection:
    """`runs` all began on this machine; `begun` are digests of plans that were started; `ours` the ids of
    steps that were intended at least once; `published` the names of parameters once written. All but `runs`
    end with the tenant.
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
    alive = entries[_end_of_offboarding(entries) :]
    for entry in alive:
        if entry.kind == INTENT and entry.step == StepKind.COMMIT:
            pending = True
        elif entry.kind == DONE and entry.step == StepKind.REFRESH:
            pending = False
        if entry.kind == DONE and "parameter" in entry.data:
            published.add(str(entry.data["parameter"]))
    return Recollection(
        runs=frozenset(entry.run for entry in entries),
        begun=frozenset(str(entry.data.get("digest", "")) for entry in alive if entry.kind == PLAN),
        ours=frozenset(entry.step for entry in alive if entry.kind == INTENT),
        published=frozenset(published),
        refresh_pending=pending,
    )


def operation_of(entry: JournalEntry) -> tuple[str, str]:
    """Operation and subject a plan or its end was written down for; an onboarding where it tells none."""
    return (
        str(entry.data.get("operation", Operation.ONBOARD)),
        str(entry.data.get("subject", "")),
    )


def _end_of_offboarding(entries: Sequence[JournalEntry]) -> int:
    """Where the tenant's present life begins: behind its last offboarding that came to its end."""
    ends = (
        at + 1
        for at, entry in enumerate(entries)
        if entry.kind == FINISHED and operation_of(entry)[0] == Operation.OFFBOARD
    )
    return max(ends, default=0)

"""Parameter Store against the cluster, as a sheet; and what a tenant's Application says differs from git."""

from collections.abc import Sequence

from portal.core.comparing import Compared, Match
from portal.core.facets import Present
from portal.core.objects.argo import Application
from portal.core.observed import Seen
from portal.tui.present.pieces import Piece, Tone
from portal.tui.present.sheet import Row, Section, Sheet, blind, told

_TOLD = {
    Match.SAME: Piece("✔ same", Tone.GOOD),
    Match.DIFFERS: Piece("✖ differs", Tone.BAD),
    Match.ABSENT: Piece("✖ absent", Tone.BAD),
    Match.UNKNOWN: Piece("? unknown", Tone.WARN),
}


def compared_sheet(rows: Sequence[Compared]) -> Sheet:
    """One row a copy; says that no value is told."""
    lines = tuple(
        (
            _TOLD[row.match],
            told(row.key),
            told(f"v{row.version}" if row.version else ""),
            told(row.secret or "the key pair itself"),
            told(row.detail),
        )
        for row in rows
    )
    note = Piece("Read and compared now; neither value nor length is told.", Tone.FAINT)
    titles = ("Value", "Key", "Version", "Secret", "Says")
    return (Section(Piece("Parameter Store against the cluster", Tone.STRONG), (note,), titles, lines),)


def differing_sheet(seen: Seen | None) -> Sheet:
    """What ArgoCD last saw to differ from git, and what it would do about it."""
    title = Piece("What differs from git", Tone.STRONG)
    facet = seen.observation.application if seen is not None else None
    if not isinstance(facet, Present):
        unknown = blind(facet) if facet is not None else Piece("nothing is followed yet", Tone.FAINT)
        return (Section(title, (unknown,)),)
    rows = tuple(_differing(facet.value))
    if not rows:
        return (Section(title, (Piece("nothing that ArgoCD has seen", Tone.FAINT),)),)
    return (Section(title, (), ("Sync", "Resource", "Would be"), rows),)


def _differing(app: Application) -> list[Row]:
    return [
        (
            Piece(f"! {resource.status}", Tone.WARN),
            told(str(resource)),
            told("left, as nothing is pruned" if resource.requires_pruning else "applied as git has it"),
        )
        for resource in app.resources
        if resource.status != "Synced" and not resource.hook
    ]

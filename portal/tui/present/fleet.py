"""The fleet: a row a tenant, worst first, a cell a hop group."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from portal.core.chain import HOP_GROUPS, FleetView, Hop, HopName, HopState, Verdict
from portal.core.facets import Freshness, Source, SourceState, TenantKey
from portal.core.wording import plain, sign
from portal.tui.present.pieces import HOP_TONES, RANKS, WORST_FIRST, Piece, Tone
from portal.tui.present.sources import by_name, hop_sign, short_sign

NOT_ASKED_FOR = Piece("-", Tone.FAINT)


@dataclass(frozen=True, slots=True)
class Cell:
    """A hop group of one tenant, as it is and in two characters."""

    full: Piece
    short: Piece


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One tenant on the fleet screen: its name, a cell per hop group, and why it is not healthy.

    `note` is the bare cause, empty where there is none.
    """

    tenant: TenantKey
    name: Piece
    cells: tuple[Cell, ...]
    headline: Piece
    note: str
    cause: Piece
    fix: Piece

    @property
    def key(self) -> str:
        """What names the row across refreshes."""
        return str(self.tenant)


def group_titles() -> tuple[str, ...]:
    """Column titles of the hop groups."""
    return tuple(title for title, _ in HOP_GROUPS)


def fleet_counts(view: FleetView) -> Piece:
    """`2 tenants: 1 broken, 1 healthy`; says nothing of tenants before git was read."""
    total = len(view.tenants)
    if not total:
        read = _git(view.sources) is Freshness.LIVE
        return Piece("no tenants" if read else "tenants not read yet", Tone.FAINT)
    counts = Counter(verdict.state for verdict in view.tenants)
    worst = next(state for state in WORST_FIRST if counts[state])
    return Piece(f"{total} tenant{'s' if total > 1 else ''}: {_counted(counts)}", HOP_TONES[worst])


def states_told(verdicts: Collection[Verdict]) -> str:
    """`1 broken, 2 healthy`, worst first."""
    return _counted(Counter(verdict.state for verdict in verdicts))


def _counted(counts: Counter[HopState]) -> str:
    return ", ".join(f"{counts[state]} {state}" for state in WORST_FIRST if counts[state])


def empty_text(sources: Sequence[SourceState], *, working: bool) -> str:
    """What stands in place of rows: never `no tenants` unless git said so."""
    git = by_name(sources).get(Source.GIT)
    if git is None or git.state is Freshness.NEVER_LOADED:
        return "Reading the tenants repository…"
    if git.state is not Freshness.LIVE:
        return f"The tenants repository cannot be read: {plain(git.detail) or git.state}"
    if working:
        return "No tenants in the repository yet; onboarding is under way."
    return "No tenants in the repository. Onboard one: press o, or\n\nportal apply -f service.yaml -e dev"


def headline(verdict: Verdict, freshness: Mapping[Source, SourceState]) -> Piece:
    """`✖ broken at parameters`."""
    at = f" at {verdict.broken_hop}" if verdict.broken_hop else ""
    return Piece(f"{sign(verdict.state)} {verdict.state}{at}", _tone(verdict, freshness))


def why(verdict: Verdict, freshness: Mapping[Source, SourceState]) -> str:
    """The cause; a healthy tenant holds now only where every source is live."""
    if verdict.cause:
        return plain(verdict.cause)
    return "Every hop holds." if known_now(verdict, freshness) else "Every hop held when it was last seen."


def known_now(verdict: Verdict, freshness: Mapping[Source, SourceState]) -> bool:
    """Whether every hop rests on a live source."""
    return all(_live(hop, freshness) for hop in verdict.hops)


def _tone(verdict: Verdict, freshness: Mapping[Source, SourceState]) -> Tone:
    healthy = verdict.state is HopState.HEALTHY
    return Tone.FAINT if healthy and not known_now(verdict, freshness) else HOP_TONES[verdict.state]


def fleet_row(verdict: Verdict, freshness: Mapping[Source, SourceState]) -> FleetRow:
    """One tenant as drawn."""
    by_hop = {hop.name: hop for hop in verdict.hops}
    cells = tuple(_group_cell(names, by_hop, freshness) for _, names in HOP_GROUPS)
    name = Piece(f"{sign(verdict.state)} {plain(str(verdict.tenant))}", _tone(verdict, freshness))
    fix = f"$ {plain(verdict.fix)}" if verdict.fix else ""
    return FleetRow(
        tenant=verdict.tenant,
        name=name,
        cells=cells,
        headline=headline(verdict, freshness),
        note=plain(verdict.cause),
        cause=Piece(why(verdict, freshness)),
        fix=Piece(fix, Tone.STRONG),
    )


def _group_cell(
    names: tuple[HopName, ...], hops: Mapping[HopName, Hop], freshness: Mapping[Source, SourceState]
) -> Cell:
    asked = [hops[name] for name in names if name in hops]
    if not asked:
        return Cell(NOT_ASKED_FOR, NOT_ASKED_FOR)
    worst = min(asked, key=lambda hop: (RANKS[hop.state], _live(hop, freshness)))
    return Cell(hop_sign(worst, freshness), short_sign(worst, freshness))


def _live(hop: Hop, freshness: Mapping[Source, SourceState]) -> bool:
    source = freshness.get(hop.source)
    return source is not None and source.state is Freshness.LIVE


def _git(sources: Sequence[SourceState]) -> Freshness | None:
    git = by_name(sources).get(Source.GIT)
    return git.state if git is not None else None

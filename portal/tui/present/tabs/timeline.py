"""When what happened on the way from git to a ready pod, as a waterfall."""

from collections.abc import Iterator
from dataclasses import dataclass

from portal.core.facets import Present
from portal.core.objects.crossplane import Composite
from portal.core.objects.external import ExternalSecret
from portal.core.objects.meta import condition
from portal.core.objects.pod import Pod
from portal.core.observed import Seen
from portal.core.wording import age
from portal.tui.present.pieces import Piece, Tone
from portal.tui.present.sheet import Lights, Section, Sheet, told
from portal.tui.present.tabs.secrets import folder_of

WIDTH = 24


@dataclass(frozen=True, slots=True)
class Span:
    """Something that began and ended, in seconds since the epoch."""

    what: str
    begun: float
    ended: float


def timeline(seen: Seen, lights: Lights) -> Sheet:
    """Spans in the order they began; the bars share one scale."""
    spans = sorted(_spans(seen), key=lambda span: (span.begun, span.ended))
    title = Piece("From git to ready", Tone.STRONG)
    if not spans:
        return (Section(title, (Piece("Nothing that is held tells a time.", Tone.FAINT),)),)
    first, last = spans[0].begun, max(span.ended for span in spans)
    rows = tuple(
        (
            told(f"{age(seen.moment.since(span.begun))} ago"),
            told(f"{span.ended - span.begun:.0f} s"),
            Piece(_bar(span, first, last), Tone.BUSY),
            told(span.what),
        )
        for span in spans
    )
    doubts = {piece for source in lights.sources for piece in lights.doubt(source.name)}
    notes = (
        *sorted(doubts, key=lambda piece: piece.text),
        Piece(f"{last - first:.0f} s between the first and the last of what is held", Tone.FAINT),
    )
    return (Section(title, notes, ("Begun", "Took", "", "What"), rows),)


def _bar(span: Span, first: float, last: float) -> str:
    scale = WIDTH / max(1.0, last - first)
    begin = min(WIDTH - 1, int((span.begun - first) * scale))
    length = max(1, min(WIDTH - begin, round((span.ended - span.begun) * scale)))
    return f"{' ' * begin}{'━' * length}{' ' * (WIDTH - begin - length)}"


def _spans(seen: Seen) -> Iterator[Span]:
    held = seen.observation
    if held.committed_at is not None:
        yield Span("newest commit in the tenants repository", held.committed_at, held.committed_at)
    yield from _operation(seen)
    asked = held.needs.parameters if held.needs is not None else ()
    folder = folder_of(held.needs)
    for name, meta in (held.parameters.value if isinstance(held.parameters, Present) else {}).items():
        if meta.modified_at and name in asked:
            yield Span(
                f"parameter {name.removeprefix(folder)} v{meta.version}", meta.modified_at, meta.modified_at
            )
    for facet in (held.external_secrets, held.claims, held.pods):
        for item in facet.value if isinstance(facet, Present) else ():
            yield from _until_ready(item)


def _operation(seen: Seen) -> Iterator[Span]:
    facet = seen.observation.application
    last = facet.value.operation if isinstance(facet, Present) else None
    if last is not None and last.started_at is not None:
        ended = last.finished_at if last.finished_at is not None else seen.moment.wall.timestamp()
        yield Span(f"ArgoCD operation {last.phase}", last.started_at, max(last.started_at, ended))


def _until_ready(item: ExternalSecret | Composite | Pod) -> Iterator[Span]:
    """From an object's creation to the last change of its Ready condition."""
    begun, ready = item.meta.created_at, condition(item.conditions, "Ready")
    if begun is not None and ready is not None and ready.since is not None:
        word = "ready" if ready.status == "True" else f"not ready {ready.reason}".rstrip()
        yield Span(f"{item.meta.kind}/{item.meta.name} {word}", begun, max(begun, ready.since))

"""The last lines of a container, filtered."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.facets import Present
from portal.core.observed import Seen
from portal.core.wording import plain
from portal.tui.present.pieces import Piece, Tone

_BAD, _WARN = ("error", "fatal", "panic", "exception", "traceback"), ("warn",)


@dataclass(frozen=True, slots=True)
class Place:
    """One container of one pod."""

    pod: str
    container: str

    def __str__(self) -> str:
        return f"{self.pod}/{self.container}"


def places(seen: Seen | None) -> tuple[Place, ...]:
    """Every container that may have written something: those of pods that are not ready first."""
    facet = seen.observation.pods if seen is not None else None
    found = facet.value if isinstance(facet, Present) else ()
    ordered = sorted(found, key=lambda pod: (pod.ready, -(pod.meta.created_at or 0.0), pod.meta.name))
    return tuple(Place(pod.meta.name, container.name) for pod in ordered for container in pod.containers)


def log_lines(text: str | None, wanted: str, *, fault: bool = False) -> tuple[Piece, ...]:
    """Lines that contain what is wanted, whatever its case; oldest first. None was not read yet."""
    if text is None:
        return (
            Piece("nothing of it was read" if fault else "… reading", Tone.FAINT if fault else Tone.BUSY),
        )
    lines = [line for line in text.splitlines() if wanted.lower() in line.lower()]
    if not lines:
        said = f"no line contains {plain(wanted)}" if text and wanted else "it has written nothing"
        return (Piece(said, Tone.FAINT),)
    return tuple(Piece(plain(line), _tone(line)) for line in lines)


def log_head(place: Place, all_places: Sequence[Place], fault: str) -> Piece:
    """Which container of how many, and why nothing newer came."""
    number = f"{all_places.index(place) + 1} of {len(all_places)}"
    if fault:
        return Piece(f"✖ {plain(str(place))} ({number}): {plain(fault)}", Tone.BAD)
    return Piece(f"{plain(str(place))} ({number})", Tone.STRONG)


def _tone(line: str) -> Tone:
    lowered = line.lower()
    if any(word in lowered for word in _BAD):
        return Tone.BAD
    return Tone.WARN if any(word in lowered for word in _WARN) else Tone.TEXT

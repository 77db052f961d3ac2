"""Text with a meaning, and the meanings of states."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from portal.core.chain import HopState
from portal.core.facets import Freshness

WORST_FIRST = (HopState.BROKEN, HopState.DEGRADED, HopState.UNKNOWN, HopState.PROGRESSING, HopState.HEALTHY)
RANKS: Mapping[HopState, int] = MappingProxyType({state: rank for rank, state in enumerate(WORST_FIRST)})


class Tone(StrEnum):
    """How a piece of text is meant; the widgets give each its colour."""

    GOOD = "good"
    BUSY = "busy"
    WARN = "warn"
    BAD = "bad"
    FAINT = "faint"
    STRONG = "strong"
    TEXT = "text"


HOP_TONES: Mapping[HopState, Tone] = MappingProxyType(
    {
        HopState.HEALTHY: Tone.GOOD,
        HopState.PROGRESSING: Tone.BUSY,
        HopState.DEGRADED: Tone.WARN,
        HopState.BROKEN: Tone.BAD,
        HopState.UNKNOWN: Tone.WARN,
    }
)
SOURCE_TONES: Mapping[Freshness, Tone] = MappingProxyType(
    {
        Freshness.LIVE: Tone.GOOD,
        Freshness.LAGGING: Tone.BUSY,
        Freshness.STALE: Tone.WARN,
        Freshness.UNKNOWN: Tone.WARN,
        Freshness.DENIED: Tone.BAD,
        Freshness.NEVER_LOADED: Tone.FAINT,
    }
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in one tone."""

    text: str
    tone: Tone = Tone.TEXT

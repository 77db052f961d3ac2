"""What following or reading a fleet took: asked of the portal itself, never of a system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_ODDEST = 0.99


@dataclass(frozen=True, slots=True)
class Stats:
    """`held` counts what is kept by kind of thing; `lags` are seconds from a change that was heard of to the
    view that shows it, of a live fleet, oldest first.
    """

    held: Mapping[str, int] = field(default_factory=dict)
    lags: Sequence[float] = ()

    def lag(self, part: float) -> float | None:
        """The lag that so large a part of the changes stayed below, None where none was seen."""
        ordered = sorted(self.lags)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else None

    @property
    def usual_lag(self) -> float | None:
        """Half of the changes were shown sooner."""
        return self.lag(0.5)

    @property
    def worst_lag(self) -> float | None:
        """One change in a hundred took longer."""
        return self.lag(_ODDEST)

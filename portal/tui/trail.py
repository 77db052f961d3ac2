"""The places that were visited, for going back and forth."""

from dataclasses import dataclass, field

from portal.core.facets import TenantKey

Place = TenantKey | None
"""A tenant, or the fleet."""
LONGEST = 50


@dataclass(slots=True)
class Trail:
    """As in a browser: a new place cuts off what lay ahead."""

    _places: list[Place] = field(default_factory=lambda: [None])
    _at: int = 0

    @property
    def here(self) -> Place:
        """The place that is visited now."""
        return self._places[self._at]

    def go(self, place: Place) -> None:
        """Visit a place; the one that is visited already is not visited twice."""
        if self._places[self._at] != place:
            self._places = [*self._places[: self._at + 1], place][-LONGEST:]
            self._at = len(self._places) - 1

    def move(self, by: int) -> Place | bool:
        """The place so many steps further; False where the trail ends before."""
        if not 0 <= self._at + by < len(self._places):
            return False
        self._at += by
        return self._places[self._at]

"""How the fleet table shares the width it has."""

from collections.abc import Sequence
from dataclasses import dataclass

AGED_CELL, SHORT_CELL = 5, 3
LEAST_NAME, LEAST_CAUSE = 24, 40
GAP, WIDE_GAP, WIDE = 1, 3, 120


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in cells, gaps included; `short` cells have no ages, `cause` is 0 where there is no room."""

    name: int
    groups: tuple[int, ...]
    cause: int
    short: bool


def share(width: int, titles: Sequence[str], longest_name: int) -> Columns:
    """Every hop group is visible first, then names, then causes."""
    gap = WIDE_GAP if width >= WIDE else GAP
    groups = tuple(max(len(title), AGED_CELL) + gap for title in titles)
    wanted = longest_name + gap + 1
    short = width - sum(groups) < min(wanted, LEAST_NAME)
    if short:
        groups = (SHORT_CELL + GAP,) * len(titles)
    left = width - sum(groups)
    name = max(min(wanted, left), min(LEAST_NAME, left), SHORT_CELL)
    spare = left - name
    return Columns(name, groups, spare if spare >= LEAST_CAUSE else 0, short)

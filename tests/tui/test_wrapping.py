"""Text in columns: nothing is cut, nothing runs over its column, at every width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from portal.tui.present.fleet import group_titles
from portal.tui.present.pieces import Piece
from portal.tui.present.tenant import chain_lines
from portal.tui.widgets.chain_flow import Flow
from portal.tui.widgets.columns import share
from portal.tui.widgets.fleet_table import differing
from portal.tui.widgets.freshness import Bar
from portal.tui.widgets.laid import changed
from portal.tui.widgets.paint import wrapped
from tests.tui.views import LONG, broken, sources

WIDTHS = [pytest.param(width, id=f"{width} columns") for width in (40, 60, 80, 110, 160, 300)]


def _drawn(renderable: object, width: int) -> list[str]:
    console = Console(width=width, color_system=None)
    lines = console.render_lines(renderable, pad=False)  # type: ignore[arg-type]
    return ["".join(segment.text for segment in line) for line in lines]


@given(st.text(st.characters(exclude_categories=("C", "Z", "M")) | st.just(" ")), st.integers(2, 60))
def test_wrapping_keeps_every_character_and_the_width(text: str, width: int) -> None:
    lines = [line.plain for line in wrapped(Piece(text), width, indent=min(2, width - 2))]
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cell_len(line) <= width for line in lines)


def test_a_path_is_cut_behind_its_slashes() -> None:
    lines = [line.plain for line in wrapped(Piece("at /zerotouch/dev/payments/database_url now"), 20)]
    assert lines == ["at /zerotouch/dev/", "payments/", "database_url now"]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_chain_keeps_long_causes_in_their_column(width: int) -> None:
    drawn = _drawn(Flow(chain_lines(broken(cause=LONG), sources())), width)
    assert all(line.startswith((" │ ", " ┆ ", " │", " ┆")) for line in drawn)
    assert all(cell_len(line) <= width for line in drawn)
    told = "".join("".join(line.lstrip(" │┆").split()) for line in drawn)
    assert "".join(LONG.split()) in told


@pytest.mark.parametrize("width", WIDTHS)
def test_a_chip_is_never_broken_over_two_lines(width: int) -> None:
    chips = tuple(Piece(f"● source-{number} live 2s") for number in range(6))
    drawn = _drawn(Bar(chips, (Piece(LONG),)), width)
    for chip in chips:
        assert sum(chip.text in line for line in drawn) == 1


@pytest.mark.parametrize("width", [58, 78, 108, 158, 298])
@given(longest=st.integers(3, 70))
def test_every_hop_group_has_room_beside_the_names(width: int, longest: int) -> None:
    columns = share(width, group_titles(), longest)
    assert columns.name + sum(columns.groups) + columns.cause <= width
    assert columns.name >= min(24, longest)


def test_a_common_terminal_shows_ages_and_whole_names() -> None:
    columns = share(78, group_titles(), len("✔ deepagents-runtime/dev"))
    assert not columns.short
    assert columns.name > len("✔ deepagents-runtime/dev")


@given(
    st.lists(st.tuples(st.text("ab日 ", max_size=4), st.sampled_from(["", "bold"])), max_size=5), st.data()
)
def test_what_is_outside_the_changed_columns_looks_as_before(
    parts: list[tuple[str, str]], data: st.DataObject
) -> None:
    """In a line of text, and in a strip."""
    other = [
        (data.draw(st.text("ab日 ", min_size=len(text), max_size=len(text))), style) for text, style in parts
    ]
    old, new = Text.assemble(*parts), Text.assemble(*other)
    width = max(old.cell_len, new.cell_len)
    strips = [
        Strip([Segment(text, Style.parse(style)) for text, style in line]).adjust_cell_length(width)
        for line in (parts, other)
    ]
    for first, last in (changed(old, new, width), differing(strips[0], strips[1])):
        for begin, end in ((0, first), (last, width)):
            before, after = (
                [(part.text, part.style) for part in strip.crop(begin, end).simplify()] for strip in strips
            )
            assert before == after or (first, last) == (0, width)

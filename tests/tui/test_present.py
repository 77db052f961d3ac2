"""View-models: worst first, green only while live, outside text harmless."""

from hypothesis import given
from hypothesis import strategies as st

from portal.core.facets import Freshness, Source
from portal.core.wording import age, plain
from portal.tui.present import Tone, chain_lines, empty_text, fleet_counts, fleet_rows, source_pieces
from tests.tui.views import broken, healthy, sources, view


def test_the_worst_tenant_stands_first() -> None:
    rows = fleet_rows(view(healthy(), broken()))
    assert [str(row.tenant) for row in rows] == ["payments/dev", "identity-service/dev"]
    assert rows[0].cause.startswith("parameter /zerotouch")


def test_counts_name_the_states() -> None:
    assert fleet_counts(view(healthy(), broken())).text == "2 tenants: 1 broken, 1 healthy"
    assert fleet_counts(view(broken())).tone is Tone.BAD


@given(
    st.sampled_from(sorted(set(Freshness) - {Freshness.LIVE})), st.sampled_from([s.name for s in sources()])
)
def test_nothing_is_green_while_its_source_is_not_live(state: Freshness, source: Source) -> None:
    shown = view(healthy(), **{source.value: state})
    lines = chain_lines(healthy(), shown.sources)
    for hop, line in zip(healthy().hops, lines, strict=True):
        assert (line.sign.tone is Tone.GOOD) is (hop.source is not source)
    assert any(cell.tone is not Tone.GOOD for cell in fleet_rows(shown)[0].cells)


def test_a_lost_source_shows_its_age_and_its_countdown() -> None:
    chips = source_pieces(sources(neon=Freshness.STALE), elapsed=10.0)
    assert chips[1].text == "○ neon stale 12s (connection refused) next try in 2s"
    assert chips[0].text == "● git live 12s"


def test_the_flow_is_dotted_below_the_earliest_broken_hop() -> None:
    lines = chain_lines(broken(), sources())
    marked = [number for number, line in enumerate(lines, start=1) if line.broken_first]
    assert marked == [5]
    assert [line.connector.text for line in lines] == [*["│"] * 5, *["┆"] * 7]


def test_an_empty_fleet_says_whether_git_was_read() -> None:
    assert "Onboard one" in empty_text(sources())
    assert "cannot be read: connection refused" in empty_text(sources(git=Freshness.UNKNOWN))
    assert "Reading" in empty_text(sources(git=Freshness.NEVER_LOADED))


@given(st.text())
def test_text_from_outside_cannot_move_the_cursor_or_turn_the_line(text: str) -> None:
    shown = plain(text)
    assert len(shown) == len(text)
    assert not any(
        ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or 0x202A <= ord(char) <= 0x202E for char in shown
    )


def test_ages_use_the_largest_whole_unit() -> None:
    assert [age(value) for value in (None, 0.2, 59, 60, 3700, 200_000)] == [
        "-",
        "0s",
        "59s",
        "1m",
        "1h",
        "2d",
    ]

"""View-models: worst first, green only while live, outside text harmless."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.chain import FleetView, HopState
from portal.core.events import Progress, Stage
from portal.core.facets import Freshness, Source, TenantKey
from portal.core.wording import age, plain
from portal.tui.present.activity import Activity, Outcome, activity_head, activity_lines
from portal.tui.present.arrange import Wish
from portal.tui.present.fleet import FleetRow, empty_text, fleet_counts
from portal.tui.present.logs import log_lines
from portal.tui.present.pieces import Tone
from portal.tui.present.roster import arranged
from portal.tui.present.sources import Interruption, aged, chips, reasons
from portal.tui.present.tenant import chain_lines, gone_head, tenant_head
from portal.tui.present.world import WorldView, world_sheet
from tests.tui.views import FIX, MISSING, SOURCES, broken, healthy, sources, view, with_detail


def fleet_rows(shown: FleetView) -> list[FleetRow]:
    listed = arranged(shown, Wish())
    lines = [listed.line(place) for place in range(len(listed))]
    return [line for line in lines if isinstance(line, FleetRow)]


def test_the_worst_tenant_stands_first() -> None:
    rows = fleet_rows(view(healthy(), broken()))
    assert [str(row.tenant) for row in rows] == ["payments/dev", "identity-service/dev"]
    assert rows[0].cause.text == MISSING
    assert rows[0].fix.text == f"$ {FIX}"


def test_counts_name_the_states() -> None:
    assert fleet_counts(view(healthy(), broken())).text == "2 tenants: 1 broken, 1 healthy"
    assert fleet_counts(view(broken())).tone is Tone.BAD


def test_no_tenants_is_said_only_after_git_was_read() -> None:
    assert fleet_counts(view()).text == "no tenants"
    assert fleet_counts(view(git=Freshness.NEVER_LOADED)).text == "tenants not read yet"


@given(st.sampled_from(sorted(set(Freshness) - {Freshness.LIVE})), st.sampled_from(SOURCES))
def test_nothing_is_green_while_its_source_is_not_live(state: Freshness, source: Source) -> None:
    shown = view(healthy(), **{source.value: state})
    lines = chain_lines(healthy(), shown.sources)
    for hop, line in zip(healthy().hops, lines, strict=True):
        assert (line.sign.tone is Tone.GOOD) is (hop.source is not source)
    row = fleet_rows(shown)[0]
    assert any(cell.full.tone is not Tone.GOOD for cell in row.cells)
    assert all(cell.full.tone is cell.short.tone for cell in row.cells)
    assert row.name.tone is not Tone.GOOD
    assert "when it was last seen" in tenant_head(healthy(), shown.sources).cause.text


def test_an_unknown_state_is_not_drawn_like_an_old_healthy_one() -> None:
    verdict = healthy()
    unknown = replace(verdict, hops=(replace(verdict.hops[0], state=HopState.UNKNOWN), *verdict.hops[1:]))
    stale = sources(git=Freshness.STALE)
    assert chain_lines(unknown, stale)[0].sign != chain_lines(verdict, stale)[0].sign


def test_a_lost_source_shows_its_age_its_countdown_and_its_reason() -> None:
    shown = aged(sources(neon=Freshness.STALE), 10.0, None)
    assert chips(shown)[1].text == "○ neon stale 12s retry 2s"
    assert chips(shown)[0].text == "● git live <1m"
    assert [piece.text for piece in reasons(shown)] == ["neon: connection refused"]


def test_one_reason_of_many_sources_is_told_once() -> None:
    shown = sources(neon=Freshness.STALE, ssm=Freshness.STALE, git=Freshness.DENIED)
    assert [piece.text for piece in reasons(shown)] == [
        "git: connection refused",
        "neon, ssm: connection refused",
    ]


def test_what_a_live_source_cannot_show_is_said_without_alarm() -> None:
    shown = with_detail(view(healthy()), Source.KUBERNETES, "Secret: denied")
    assert [(piece.text, piece.tone) for piece in reasons(shown.sources)] == [
        ("kubernetes: Secret: denied", Tone.FAINT)
    ]


@pytest.mark.parametrize(
    ("elapsed", "expected"),
    [
        pytest.param(14.0, Freshness.LIVE, id="fresh"),
        pytest.param(16.0, Freshness.LAGGING, id="three silent turns"),
        pytest.param(61.0, Freshness.STALE, id="a silent minute"),
    ],
)
def test_silence_makes_a_live_source_late_and_then_stale(elapsed: float, expected: Freshness) -> None:
    assert {source.state for source in aged(sources(), elapsed, None)} == {expected}


def test_the_end_of_the_stream_leaves_nothing_green() -> None:
    shown = aged(sources(ssm=Freshness.DENIED), 1.0, Interruption("it ended", 4.0))
    assert {source.name: source.state for source in shown}[Source.SSM] is Freshness.DENIED
    assert all(source.state is not Freshness.LIVE for source in shown)
    assert all(piece.text.endswith("retry 4s") for piece in chips(shown))


def test_the_flow_is_dotted_below_the_earliest_broken_hop() -> None:
    lines = chain_lines(broken(), sources())
    assert [number for number, line in enumerate(lines, start=1) if line.rail != line.below] == [5]
    assert [line.rail.text for line in lines] == [*["│"] * 5, *["┆"] * 10]
    assert [piece.text for piece in lines[4].told] == ["◀ earliest broken hop", MISSING]


def test_facts_of_the_chain_grow_older_without_news() -> None:
    stale = sources(git=Freshness.STALE)
    assert chain_lines(healthy(), stale, elapsed=8.0)[0].facts.text == "git 10s"
    assert chain_lines(healthy(), sources(), elapsed=8.0)[0].facts.text == "git <1m"
    assert chain_lines(healthy(), sources(), elapsed=90.0)[0].facts.text == "git 1m"


def test_an_empty_fleet_says_whether_git_was_read() -> None:
    assert "Onboard one" in empty_text(sources(), working=False)
    assert "under way" in empty_text(sources(), working=True)
    assert "cannot be read: connection refused" in empty_text(sources(git=Freshness.UNKNOWN), working=True)
    assert "Reading" in empty_text(sources(git=Freshness.NEVER_LOADED), working=False)


def test_a_tenant_that_is_gone_offers_no_fix() -> None:
    head = gone_head(TenantKey("payments", "dev"))
    assert "no longer" in head.cause.text
    assert head.fix.text == ""


def test_a_failed_activity_names_its_fault_and_its_last_steps() -> None:
    step = Progress("payments/dev", "role", Stage.FAILED, "name \x1b[2J taken", 1.25)
    activity = Activity(Outcome.FAILED, step, (step,), "neon role: taken")
    assert activity_head(activity).text == "✖ failed: neon role: taken"
    assert [piece.text for piece in activity_lines(activity)] == [
        "✖ payments/dev  role: name �[2J taken (1.2 s)"
    ]


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


def test_logs_that_were_not_read_are_not_called_empty() -> None:
    assert log_lines(None, "")[0].text == "… reading"
    assert log_lines(None, "", fault=True)[0].text == "nothing of it was read"
    assert log_lines("", "")[0].text == "it has written nothing"


def test_a_world_that_was_never_seen_is_not_said_to_be_shown() -> None:
    (section,) = world_sheet(WorldView(fault="no answer"))
    assert [note.text for note in section.notes] == ["✖ no answer; nothing was seen of it yet"]

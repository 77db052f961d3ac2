"""Who is judged next: what presses goes first, nobody is forgotten, and nobody waits for ever."""

from hypothesis import given
from hypothesis import strategies as st

from portal.core.facets import TenantKey
from portal.engine.fleet.agenda import AT_ONCE, Agenda

FLEET = [TenantKey(f"svc-{number:03}", "dev") for number in range(3 * AT_ONCE)]
KNOWN = frozenset(FLEET)


def test_a_change_is_not_kept_waiting_by_a_poll_that_concerns_everybody() -> None:
    agenda = Agenda()
    agenda.later(FLEET)
    assert not agenda.pressing.is_set()
    agenda.take(KNOWN)
    agenda.soon([FLEET[-1]])
    assert agenda.pressing.is_set()
    taken = agenda.take(KNOWN)
    assert FLEET[-1] in taken
    assert len(taken) < AT_ONCE


def test_a_storm_of_changes_does_not_starve_the_others() -> None:
    agenda = Agenda()
    agenda.later(FLEET)
    left, turns = set(FLEET), 0
    while left:
        agenda.soon([FLEET[0]])
        left -= agenda.take(KNOWN)
        turns += 1
        assert turns < len(FLEET)


def test_when_everybody_presses_no_slice_is_left() -> None:
    agenda = Agenda()
    agenda.later(FLEET)
    agenda.everybody()
    assert agenda.take(KNOWN) == KNOWN
    assert not agenda.waiting
    assert not agenda.news.is_set()


@given(
    st.lists(
        st.tuples(st.sampled_from(["soon", "later", "keep", "take"]), st.sets(st.sampled_from(FLEET[:9])))
    )
)
def test_everybody_asked_for_is_taken_once(asked: list[tuple[str, set[TenantKey]]]) -> None:
    agenda, due = Agenda(), set[TenantKey]()
    for what, tenants in asked:
        if what == "take":
            due -= agenda.take(KNOWN)
            continue
        getattr(agenda, what)(tenants)
        due |= tenants
    while agenda.news.is_set():
        taken = agenda.take(KNOWN)
        assert taken <= due
        due -= taken
    agenda.press()
    assert agenda.take(KNOWN) == due


def test_what_is_said_of_a_source_alone_keeps_no_change_waiting() -> None:
    agenda = Agenda()
    agenda.press()
    assert (agenda.pressing.is_set(), agenda.hurried) == (True, False)
    agenda.soon([FLEET[0]])
    assert agenda.hurried
    agenda.take(KNOWN)
    agenda.everybody()
    assert agenda.hurried


def test_nobody_unknown_is_taken() -> None:
    agenda = Agenda()
    agenda.soon([FLEET[0], FLEET[1]])
    agenda.later([FLEET[2]])
    assert agenda.take(frozenset({FLEET[1]})) == {FLEET[1]}

"""The filter of the fleet, and the order and headings tenants are shown in."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.chain import FleetView, HopState, Verdict
from portal.core.facets import TenantKey
from portal.errors import UsageError
from portal.tui.present.arrange import ORDERS, FleetList, HeadingRow, Wish, nothing_left, wish_told
from portal.tui.present.exports import exported
from portal.tui.present.filtering import LONGEST, read_filter
from portal.tui.present.roster import Roster, arranged
from tests.tui.views import broken, healthy, progressing, unknown, view


def _in(environment: str, verdict: Verdict) -> Verdict:
    return replace(verdict, tenant=TenantKey(verdict.tenant.service, environment))


FLEET = view(
    healthy(), broken(), progressing("billing"), unknown("search"), _in("prod", healthy("deepagents"))
)


def _names(wish: Wish, shown: FleetView = FLEET) -> list[str]:
    listed = arranged(shown, wish, {"payments": "money", "billing": "money"})
    return [listed.key(place) for place in range(len(listed))]


def _admitted(text: str) -> set[str]:
    return {name.split("/")[0] for name in _names(Wish(read_filter(text)))}


@pytest.mark.parametrize(
    ("text", "admitted"),
    [
        pytest.param("idsv", {"identity-service"}, id="letters of a name in their order"),
        pytest.param("forbidden", {"search"}, id="a word of the cause"),
        pytest.param("/^(pay|bill)/", {"payments", "billing"}, id="a regular expression"),
        pytest.param("/^PAY/", {"payments"}, id="capitals are all one"),
        pytest.param("!/^(pay|bill)/", {"search", "identity-service", "deepagents"}, id="the inverse of one"),
        pytest.param("state:broken,unknown", {"payments", "search"}, id="one of two in a column"),
        pytest.param("!state:healthy", {"payments", "search", "billing"}, id="the inverse of a column"),
        pytest.param("neon:healthy ssm:broken", {"payments"}, id="two that must both hold"),
        pytest.param("environment:prod", {"deepagents"}, id="a column by its other name"),
        pytest.param('cause:"does not exist"', {"payments"}, id="words with spaces"),
        pytest.param("hop:/^par/", {"payments"}, id="an expression in a column"),
        pytest.param("state:", {"payments", "search", "billing", "identity-service", "deepagents"}, id="all"),
        pytest.param("nobody", set(), id="nothing"),
    ],
)
def test_a_filter_admits(text: str, admitted: set[str]) -> None:
    assert _admitted(text) == admitted


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("colour:red", "no column colour; there are tenant", id="no such column"),
        pytest.param("/pay(/", "is no regular expression", id="an open bracket"),
        pytest.param("x" * (LONGEST + 1), "at most", id="too long"),
    ],
)
def test_what_is_no_filter_says_why(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        read_filter(text)


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_told_why_not(text: str) -> None:
    with suppress(UsageError):
        assert isinstance(read_filter(text).admits(broken()), bool)


@given(st.text(st.characters(categories=["Ll"]), min_size=1, max_size=6))
def test_a_word_and_its_inverse_part_the_fleet(word: str) -> None:
    assert _admitted(word).isdisjoint(_admitted(f"!{word}"))
    assert len(_admitted(word) | _admitted(f"!{word}")) == len(FLEET.tenants)


def test_the_worst_stand_first_unless_another_order_is_asked_for() -> None:
    assert _names(Wish())[0] == "payments/dev"
    assert _names(Wish(order="tenant"))[0] == "billing/dev"
    assert _names(Wish(order="tenant", backwards=True))[0] == "search/dev"
    assert _names(Wish(order="cache"))[0] == "search/dev"


@given(st.sampled_from(ORDERS), st.booleans())
def test_no_order_loses_a_tenant(order: str, backwards: bool) -> None:
    assert sorted(_names(Wish(order=order, backwards=backwards))) == sorted(
        str(verdict.tenant) for verdict in FLEET.tenants
    )


def test_faults_only_leaves_the_healthy_out() -> None:
    assert _names(Wish(faults_only=True)) == ["payments/dev", "search/dev", "billing/dev"]


def test_one_environment_leaves_the_others_out() -> None:
    assert _names(Wish(environment="prod")) == ["deepagents/prod"]


def test_headings_stand_above_their_tenants_and_hide_them_when_folded() -> None:
    wish = Wish(grouping="team", folded=frozenset({"no team"}))
    assert _names(wish) == ["/money", "payments/dev", "billing/dev", "/no team"]
    listed = arranged(FLEET, wish, {"payments": "money", "billing": "money"})
    first, last = listed.line(0), listed.line(3)
    assert isinstance(first, HeadingRow)
    assert isinstance(last, HeadingRow)
    assert (first.title.text, first.summary.text) == ("▾ money (2)", "1 broken, 1 progressing")
    assert last.title.text == "▸ no team (3)"
    assert listed.place("/no team") == 3
    assert listed.place("search/dev") is None


def test_what_is_not_as_at_first_is_said() -> None:
    wish = Wish(read_filter("state:broken"), faults_only=True, order="neon", backwards=True, grouping="state")
    said = wish_told(wish, arranged(FLEET, wish))
    assert said == "1 of 5 shown · faults only · filter state:broken · by neon ↑ · grouped by state"
    assert wish_told(Wish(), arranged(FLEET, Wish())) == ""
    assert "the filter state:broken and faults only" in nothing_left(wish)


def test_an_export_holds_what_is_shown_and_no_formula() -> None:
    shown = arranged(view(broken(cause="=HYPERLINK(1)")), Wish())
    table = exported(shown, "csv").splitlines()
    assert table[0].startswith("tenant,state,broken_hop,git,neon")
    assert "payments/dev,broken,parameters" in table[1]
    assert "'=HYPERLINK(1)" in table[1]
    assert '"tenant": "payments/dev"' in exported(shown, "json")


def test_an_export_of_a_folded_group_holds_its_tenants() -> None:
    wish = Wish(grouping="environment", folded=frozenset({"dev"}))
    assert "payments/dev" in exported(arranged(FLEET, wish), "csv")


def test_three_thousand_tenants_are_no_more_lines_than_are_seen() -> None:
    many = view(*(healthy(f"service-{number:04}") for number in range(3000)))
    listed: FleetList = arranged(many, Wish(read_filter("service-29"), order="neon"))
    assert len(listed) >= 100
    assert listed.line(0).key.startswith("service-")
    assert {verdict.state for verdict in listed.entries if isinstance(verdict, Verdict)} == {HopState.HEALTHY}


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("/(a+)+#/", id="nested"),
        pytest.param("/(a|aa)+#/", id="ambiguous"),
        pytest.param("/a*a*a*a*a*a*#/", id="in a row"),
        pytest.param("a" * 60 + "#", id="letters"),
    ],
)
def test_no_filter_takes_longer_than_its_text(line: str) -> None:
    long = broken("a" * 120, cause="a" * 5000)
    assert not read_filter(line).admits(long)


def test_a_regular_expression_that_is_none_says_why() -> None:
    with pytest.raises(UsageError, match="no regular expression: missing"):
        read_filter("/(a/")


@given(st.data())
def test_a_roster_that_saw_other_views_lists_the_same_as_a_new_one(data: st.DataObject) -> None:
    roster, names = Roster(), [f"service-{number}" for number in range(6)]
    kinds = st.sampled_from([healthy, broken, progressing, unknown])
    tenants = {name: data.draw(kinds)(name) for name in names}
    for _ in range(4):
        for name in data.draw(st.sets(st.sampled_from(names))):
            tenants[name] = data.draw(kinds)(name)
        kept = data.draw(st.permutations(names))[: data.draw(st.integers(3, 6))]
        wish = Wish(
            order=data.draw(st.sampled_from(ORDERS)),
            backwards=data.draw(st.booleans()),
            grouping=data.draw(st.sampled_from(["", "state"])),
            faults_only=data.draw(st.booleans()),
        )
        shown = view(*(tenants[name] for name in kept))
        assert roster.listed(shown, wish, {}) == arranged(shown, wish)

"""Which calls a rule strikes, and what is said about a rule that makes no sense."""

import pytest

from simulator.gateway.faults import Action, Faults, InvalidRule, Rule, rule


def _struck(faults: Faults, calls: int, operation: str = "PutParameter") -> list[int]:
    return [n for n in range(1, calls + 1) if faults.strike("ssm", operation, "portal")]


@pytest.mark.parametrize(
    ("nth", "times", "struck"),
    [
        pytest.param(None, None, [1, 2, 3, 4, 5], id="every call"),
        pytest.param(2, None, [2], id="one call"),
        pytest.param(None, 3, [1, 2, 3], id="the first calls"),
        pytest.param(2, 3, [2, 3, 4], id="some calls from one on"),
    ],
)
def test_calls_are_struck_by_their_number(nth: int | None, times: int | None, struck: list[int]) -> None:
    faults = Faults(seed=1)
    faults.add(Rule("ssm", "PutParameter", Action.THROTTLE, nth=nth, times=times))
    assert _struck(faults, 5) == struck


def test_chance_follows_the_seed_and_keeps_its_rate() -> None:
    def draw(seed: int) -> list[int]:
        faults = Faults(seed)
        faults.add(Rule("*", "*", Action.HANG, probability=0.25))
        return _struck(faults, 1000)

    assert draw(7) == draw(7)
    assert draw(7) != draw(8)
    assert 200 < len(draw(7)) < 300


def test_globs_choose_service_operation_and_caller() -> None:
    faults = Faults(seed=1)
    faults.add(Rule("kube", "watch *", Action.CUT, caller="argocd"))
    assert faults.strike("kube", "watch applications", "argocd")
    assert not faults.strike("kube", "list applications", "argocd")
    assert not faults.strike("kube", "watch applications", "portal")
    assert not faults.strike("neon", "watch applications", "argocd")


def test_the_first_rule_due_decides_and_every_match_is_counted() -> None:
    faults = Faults(seed=1)
    first = faults.add(Rule("ssm", "*", Action.HANG, nth=2))
    second = faults.add(Rule("ssm", "PutParameter", Action.THROTTLE))
    assert [faults.strike("ssm", "PutParameter", "portal") for _ in range(3)] == [second, first, second]
    assert (first.seen, first.struck, second.seen, second.struck) == (3, 1, 3, 2)


def test_a_removed_rule_strikes_no_more() -> None:
    faults = Faults(seed=1)
    posted = faults.add(Rule("ssm", "*", Action.HANG))
    assert faults.remove(posted.id)
    assert not faults.remove(posted.id)
    assert not faults.strike("ssm", "PutParameter", "portal")
    assert faults.listed() == []


def test_a_rule_reads_back_as_it_was_given() -> None:
    given = {
        "service": "neon",
        "operation": "createProjectBranchRole",
        "action": "status",
        "status": 423,
        "times": 2,
    }
    told = Faults(seed=1).add(rule(given)).as_json()
    assert given.items() <= told.items()
    assert told["id"] == "f1"
    assert (told["seen"], told["struck"]) == (0, 0)


def test_every_fault_of_a_rule_is_told_at_once() -> None:
    document = {
        "service": 3,
        "action": "explode",
        "nth": 0,
        "probability": 2,
        "status": True,
        "colour": "red",
    }
    with pytest.raises(InvalidRule) as caught:
        rule(document)
    for part in (
        "service is a glob of",
        "action is one of",
        "nth is",
        "probability is",
        "status is",
        "'colour'",
        "operation is missing",
    ):
        assert part in str(caught.value)


@pytest.mark.parametrize("document", [None, [], "hang", 3])
def test_what_is_no_object_is_no_rule(document: object) -> None:
    with pytest.raises(InvalidRule, match="a rule is an object"):
        rule(document)


def test_a_rule_that_never_struck_says_so() -> None:
    faults = Faults(seed=1)
    idle = faults.add(Rule("neon", "createProject", Action.HANG))
    late = faults.add(Rule("ssm", "*", Action.HANG, nth=3))
    struck = faults.add(Rule("kube", "*", Action.CUT))
    faults.strike("ssm", "PutParameter", "portal")
    faults.strike("kube", "watch pods", "portal")
    assert idle.idle() == "Fault rule f1 (neon:createProject hang) never matched a call."
    assert late.idle() == "Fault rule f2 (ssm:* hang) matched 1 call and struck none."
    assert struck.idle() == ""


def test_what_goes_on_behind_neon_s_api_and_calls_have_rules_of_their_own() -> None:
    faults = Faults(seed=1)
    call = faults.add(Rule("neon", "*", Action.HANG, times=1))
    failing = faults.add(Rule("neon", "apply_*", Action.FAIL, nth=2))
    hidden = faults.add(Rule("*", "zerotouch-dev", Action.UNAVAILABLE))
    assert faults.strike("neon", "apply_config", "portal") is call
    assert [faults.befall(Action.FAIL, "apply_config") for _ in range(3)] == [None, failing, None]
    assert faults.befall(Action.FAIL, "start_compute") is None
    assert faults.befall(Action.UNAVAILABLE, "shiny-wind-1", "zerotouch-dev") is hidden
    assert (call.seen, failing.seen, hidden.seen) == (1, 3, 1)


@pytest.mark.parametrize("action", ["fail", "unavailable"])
def test_only_neon_has_a_behind_and_nobody_calls_there(action: str) -> None:
    with pytest.raises(InvalidRule) as caught:
        rule({"service": "ssm", "operation": "*", "action": action, "caller": "portal"})
    assert [field for field, _ in caught.value.wrong] == ["caller", "service"]


def test_a_restart_arms_the_first_rules_anew_with_the_same_chances() -> None:
    rules = [Rule("*", "*", Action.HANG, probability=0.5)]
    faults = Faults(seed=3)
    faults.restart(rules)
    first = _struck(faults, 50)
    faults.add(Rule("neon", "*", Action.HANG))
    faults.restart(rules)
    (posted,) = faults.listed()
    assert (posted.id, posted.seen) == ("f1", 0)
    assert _struck(faults, 50) == first

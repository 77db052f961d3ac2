"""Rules from a file, and the line of everything that is wrong with one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.gateway.faultfile import InvalidFile, read
from simulator.gateway.faults import BEHIND, SERVICES, Action, Rule

FILE = """\
# What a drill needs.
faults:
  - at: neon:createProjectBranchRole
    action: drop_after
    nth: 1
  - {service: kube, operation: "watch *", action: gone, seconds: 5, caller: portal}
"""


def test_rules_come_in_the_order_of_the_file() -> None:
    assert read(FILE, "faults.yaml") == [
        Rule("neon", "createProjectBranchRole", Action.DROP_AFTER, nth=1),
        Rule("kube", "watch *", Action.GONE, seconds=5, caller="portal"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            "faults:\n  - at: nen:x\n    action: hang\n", ["f:2: service is a glob of"], id="service"
        ),
        pytest.param(
            "faults:\n  - at: ssm:x\n    action: explode\n\n    nth: 0\n",
            ["f:3: action is one of", "f:5: nth is a whole number from 1, not 0"],
            id="several",
        ),
        pytest.param("faults:\n  - action: hang\n", ["f:2: at is missing"], id="no target"),
        pytest.param("faults:\n  - at: ssm:x\n", ["f:2: action is missing"], id="no action"),
        pytest.param(
            "faults:\n\n  - at: ssm\n    action: hang\n", ["f:3: at is SERVICE:OPERATION"], id="shapeless"
        ),
        pytest.param("faults:\n  - at: ssm:x\n    at: ssm:y\n", ["f:3: at is given twice"], id="twice"),
        pytest.param("faults:\n  - ? [a]\n    : b\n", ["f:2: the name of a field is text"], id="odd key"),
        pytest.param(
            "faults:\n  - at: ssm:x\n    colour: red\n    action: hang\n", ["f:3: unknown"], id="field"
        ),
        pytest.param("faults:\n  - hang\n", ["f:2: a rule is a mapping"], id="no mapping"),
        pytest.param("faults: [\n", ["f:2: this is no YAML"], id="no yaml"),
        pytest.param("faults:\n  - *x\n", ["f:2: this is no YAML"], id="alias"),
        pytest.param("rules: []\n", ["f:1: a fault file has one key, `faults`"], id="other key"),
        pytest.param("faults: 3\n", ["f:1: a fault file has one key"], id="no list"),
        pytest.param("", ["f:1: a fault file has one key"], id="empty"),
        pytest.param(
            "faults:\n - {at: ssm:x, action: hang, seconds: .inf}\n", ["f:2: seconds is"], id="for ever"
        ),
    ],
)
def test_what_is_wrong_is_told_by_line(text: str, told: list[str]) -> None:
    with pytest.raises(InvalidFile) as caught:
        read(text, "f")
    lines = str(caught.value).splitlines()
    assert len(lines) == len(told)
    assert all(line.startswith(start) for line, start in zip(lines, told, strict=True)), lines


@given(
    st.lists(
        st.tuples(st.sampled_from(SERVICES), st.sampled_from(Action), st.none() | st.integers(1, 99)),
        max_size=6,
    )
)
def test_every_rule_written_is_the_rule_read(rules: list[tuple[str, Action, int | None]]) -> None:
    rules = [("neon" if action in BEHIND else service, action, nth) for service, action, nth in rules]
    lines = ["faults:" if rules else "faults: []"]
    for service, action, nth in rules:
        lines += [f"  - at: {service}:some*", f"    action: {action}", *([f"    nth: {nth}"] if nth else [])]
    expected = [Rule(service, "some*", action, nth=nth) for service, action, nth in rules]
    assert read("\n".join(lines), "f") == expected


@given(st.text(max_size=60))
def test_text_that_is_no_file_of_rules_is_told_by_line(text: str) -> None:
    with pytest.raises(InvalidFile, match=r"\Af:\d+: "):
        read(text, "f")


def test_the_documented_example_is_right() -> None:
    documented = Path(read.__code__.co_filename).read_text().split('"""')[1]
    example = "\n".join(line for line in documented.splitlines() if line.startswith("    "))
    assert [each.action for each in read(example, "f")] == [Action.DROP_AFTER]

"""YAML with places: what every value is, where it stands, and what is refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.adapters.repo.yaml_nodes import parse, parse_all, scalar
from portal.core.documents import MappingNode, Node, ScalarNode, SequenceNode, to_plain
from portal.core.yaml_text import emit
from portal.errors import SpecError


def test_every_node_knows_its_place() -> None:
    node = parse("a: 1\nlist:\n  - x\n  - {k: 'v'}\n", "f.yaml")
    assert isinstance(node, MappingNode)
    (a_key, a_value), (list_key, items) = node.entries
    assert (a_key.value, a_key.line, a_key.column) == ("a", 1, 1)
    assert (a_value, list_key.line) == (ScalarNode(1, "f.yaml", 1, 4), 2)
    assert isinstance(items, SequenceNode)
    assert (items.line, items.column) == (3, 3)
    assert items.items[0] == ScalarNode("x", "f.yaml", 3, 5)
    inner = items.items[1]
    assert isinstance(inner, MappingNode)
    assert inner.entries[0][1] == ScalarNode("v", "f.yaml", 4, 9)


def test_columns_count_characters() -> None:
    node = parse("ä: ü\nöö: ß\n", "f")
    assert isinstance(node, MappingNode)
    assert node.entries[1][1] == ScalarNode("ß", "f", 2, 5)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("on", "on"),
        ("12", 12),
        ("-3", -3),
        ("007", 7),
        ("0o17", 15),
        ("0xfF", 255),
        ("1_000", "1_000"),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        ("1.4.2", "1.4.2"),
        (".inf", ".inf"),
        ("2026-01-01", "2026-01-01"),
        ("12:30:45", "12:30:45"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_a_plain_scalar_is_what_yaml_1_2_says(text: str, value: object) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


def test_quoted_and_block_text_stays_text() -> None:
    assert to_plain(parse("a: '12'\nb: \"true\"\nc: |\n  3\nd: ! 4\n", "f")) == {
        "a": "12",
        "b": "true",
        "c": "3\n",
        "d": "4",
    }


def test_a_repeated_key_stands_twice() -> None:
    node = parse("a: 1\na: 2\n", "f")
    assert isinstance(node, MappingNode)
    assert [(key.value, key.line) for key, _ in node.entries] == [("a", 1), ("a", 2)]


def test_an_alias_is_the_node_it_names() -> None:
    assert to_plain(parse("a: &x {k: 1}\nb: *x\nc: [*x, *x]\n", "f")) == {
        "a": {"k": 1},
        "b": {"k": 1},
        "c": [{"k": 1}, {"k": 1}],
    }


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        pytest.param("a: [1\nb: 2\n", 2, 2, "not YAML", id="open bracket"),
        pytest.param("a: 1\n b: 2\n", 2, 3, "not YAML", id="indent"),
        pytest.param("a:\n\t- x\n", 2, 1, "not YAML", id="tab"),
        pytest.param("ok: 1\nbad: \x07\n", 2, 6, "character", id="control character"),
        pytest.param("a: !!python/name:os.system\n", 1, 4, "tag", id="python tag"),
        pytest.param("a: !!str 12\n", 1, 4, "tag", id="standard tag"),
        pytest.param("? [a, b]\n: 1\n", 1, 3, "key", id="complex key"),
        pytest.param("a: *nobody\n", 1, 4, "alias", id="unknown alias"),
        pytest.param("a: &a [*a]\n", 1, 8, "alias", id="alias of itself"),
        pytest.param(BOMB, 5, None, "more than", id="many from few"),
        pytest.param("[" * 5000, 1, 52, "deep", id="deep"),
        pytest.param("", 1, 1, "empty", id="empty"),
        pytest.param("# only a comment\n", 1, 1, "empty", id="comment"),
        pytest.param("a: 1\n---\nb: 1\n", 3, 1, "second document", id="two documents"),
    ],
)
def test_what_is_no_single_plain_document_is_a_fault_at_its_place(
    text: str, line: int, column: int | None, message: str
) -> None:
    with pytest.raises(SpecError) as caught:
        parse(text, "f.yaml")
    (fault,) = caught.value.faults
    assert message in fault.message
    assert (fault.file, fault.line) == ("f.yaml", line)
    assert column in {None, fault.column}


def test_several_documents_can_be_asked_for() -> None:
    documents = parse_all("a: 1\n---\nb: 2\n---\n", "f")
    assert [to_plain(one) for one in documents] == [{"a": 1}, {"b": 2}, None]
    assert parse_all("", "f") == ()


words = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc"]), max_size=12)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), words),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(words, inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(words, values, min_size=1, max_size=4))
def test_what_the_portal_emits_reads_back_the_same(value: dict[str, object]) -> None:
    assert to_plain(parse(emit(value), "f")) == value


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(words, values, max_size=4))
def test_json_reads_as_what_it_says(value: dict[str, object]) -> None:
    assert to_plain(parse(json.dumps(value, ensure_ascii=False), "f")) == value


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab:-[]{}&*!|>'\"#%@?, \n\t01~"), max_size=40))
def test_any_text_is_a_tree_or_a_spec_error(text: str) -> None:
    try:
        documents: tuple[Node, ...] = parse_all(text, "f")
        places = [(node.line, node.column) for node in documents]
    except SpecError as exc:
        places = [(fault.line, fault.column) for fault in exc.faults]
    assert all(line >= 1 and column >= 1 for line, column in places)

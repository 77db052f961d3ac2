"""Parameters out of lists and files, and templates filled in with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.controllers.argocd.generators import (
    GeneratorFailed,
    flattened,
    from_files,
    from_list,
    matching,
    normalized,
    substitute,
)
from simulator.controllers.kinds import Object

CONFIG = "tenants/one/overlays/dev/config.yaml"


def test_nested_values_are_flattened_to_text() -> None:
    value = {"a": {"b": 1, "c": True}, "d": [{"e": "x"}, None], "f": 1.5}
    assert flattened(value) == {"a.b": "1", "a.c": "true", "d[0].e": "x", "d[1]": "", "f": "1.5"}


def test_a_list_gives_one_set_for_each_element() -> None:
    assert from_list({"elements": [{"name": "a"}, {"name": "b"}]}) == [{"name": "a"}, {"name": "b"}]


def test_a_file_gives_its_content_its_path_and_the_generators_values() -> None:
    generator = {"files": [{"path": "tenants/*/overlays/dev/config.yaml"}], "values": {"region": "r"}}
    [found] = from_files(generator, {CONFIG: "tenant: one\nport: 80"})
    assert found == {
        "tenant": "one",
        "port": "80",
        "values.region": "r",
        "path": "tenants/one/overlays/dev",
        "path.basename": "dev",
        "path.basenameNormalized": "dev",
        "path.filename": "config.yaml",
        "path.filenameNormalized": "config-yaml",
        "path[0]": "tenants",
        "path[1]": "one",
        "path[2]": "overlays",
        "path[3]": "dev",
    }


def test_a_file_that_holds_a_list_gives_one_set_for_each_entry() -> None:
    found = from_files({"files": [{"path": "*.json"}]}, {"all.json": '[{"n": "a"}, {"n": "b"}]'})
    assert [each["n"] for each in found] == ["a", "b"]


@pytest.mark.parametrize("text", ["a: [unclosed", "just text", "[1, 2]"])
def test_a_file_that_is_no_mapping_is_named(text: str) -> None:
    with pytest.raises(GeneratorFailed, match=r"broken\.yaml"):
        from_files({"files": [{"path": "*.yaml"}]}, {"broken.yaml": text})


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("tenants/*/overlays/dev/config.yaml", [CONFIG]),
        ("tenants/*/config.yaml", []),
        ("**/config.yaml", ["config.yaml", CONFIG]),
        ("tenants/**/config.yaml", [CONFIG]),
        ("**", ["config.yaml", CONFIG]),
        ("*", ["config.yaml"]),
    ],
)
def test_one_star_stays_within_a_folder_and_two_do_not(pattern: str, expected: list[str]) -> None:
    assert matching([{"path": pattern}], ["config.yaml", CONFIG]) == expected


def test_an_excluded_file_is_left_out() -> None:
    rules: list[Object] = [{"path": "**"}, {"path": "tenants/**", "exclude": True}]
    assert matching(rules, ["config.yaml", CONFIG]) == ["config.yaml"]


def test_placeholders_are_filled_in_everywhere_and_unknown_ones_stay() -> None:
    template = {"{{ a }}": ["x-{{a}}", {"k": "{{b}}"}, 3], "n": None}
    assert substitute(template, {"a": "1"}) == {"1": ["x-1", {"k": "{{b}}"}, 3], "n": None}


@given(st.text())
def test_a_normalized_name_fits_kubernetes(text: str) -> None:
    name = normalized(text)
    assert len(name) <= 63
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not name.startswith("-")

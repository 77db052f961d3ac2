"""Patches and transforms of a Composition, as tables."""

from typing import Any

import pytest

from simulator.controllers.crossplane import patches, rendering, transforms
from simulator.controllers.fieldpaths import BadPath, NoSuchField, get, put
from simulator.controllers.goformat import sprintf
from simulator.controllers.kinds import Object


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("a.b", {"a": {"b": 1}}, id="names"),
        pytest.param("a[1].b", {"a": [None, {"b": 1}]}, id="an index makes a list"),
        pytest.param(
            "metadata.labels[crossplane.io/claim-name]",
            {"metadata": {"labels": {"crossplane.io/claim-name": 1}}},
            id="brackets hold dots",
        ),
        pytest.param("a['b.c']", {"a": {"b.c": 1}}, id="quoted"),
    ],
)
def test_what_is_put_at_a_path_is_found_there(path: str, expected: Object) -> None:
    obj: Object = {}
    put(obj, path, 1)
    assert obj == expected
    assert get(obj, path) == 1


def test_a_path_that_leads_nowhere_is_named_up_to_where_it_breaks() -> None:
    with pytest.raises(NoSuchField, match=r"^spec\.containers\[3\]: no such field$"):
        get({"spec": {"containers": []}}, "spec.containers[3].image")


def test_a_path_that_does_not_fit_the_object_is_refused() -> None:
    with pytest.raises(BadPath):
        put({"a": []}, "a.b", 1)


@pytest.mark.parametrize(
    ("transform", "value", "expected"),
    [
        pytest.param({"type": "map", "map": {"micro": "256Mi"}}, "micro", "256Mi", id="map"),
        pytest.param(
            {"type": "string", "string": {"type": "Format", "fmt": "%dGi"}}, 10, "10Gi", id="format"
        ),
        pytest.param(
            {"type": "string", "string": {"type": "Convert", "convert": "ToBase64"}}, "a", "YQ==", id="b64"
        ),
        pytest.param(
            {"type": "string", "string": {"type": "TrimPrefix", "trim": "x-"}}, "x-a", "a", id="trim"
        ),
        pytest.param(
            {"type": "string", "string": {"type": "Regexp", "regexp": {"match": "a(.)", "group": 1}}},
            "zab",
            "b",
            id="regexp",
        ),
        pytest.param({"type": "convert", "convert": {"toType": "int64"}}, "12", 12, id="to int"),
        pytest.param({"type": "convert", "convert": {"toType": "string"}}, True, "true", id="to string"),
        pytest.param({"type": "math", "math": {"multiply": 2}}, 4, 8, id="math"),
        pytest.param(
            {
                "type": "match",
                "match": {"patterns": [{"type": "literal", "literal": "a", "result": 1}], "fallbackValue": 0},
            },
            "b",
            0,
            id="match",
        ),
    ],
)
def test_a_transform_gives_what_crossplane_gives(transform: Object, value: Any, expected: Any) -> None:
    assert transforms.apply([transform], value) == expected


def test_a_key_the_map_lacks_fails_the_patch() -> None:
    patch = {"fromFieldPath": "spec.size", "toFieldPath": "x", "transforms": [{"type": "map", "map": {}}]}
    with pytest.raises(patches.PatchError, match="index 0: key huge is not found in map"):
        patches.patch_composed([patch], {"spec": {"size": "huge"}}, {})


def test_an_absent_source_is_skipped_unless_it_is_required() -> None:
    composed: Object = {}
    patch: Object = {"fromFieldPath": "spec.absent", "toFieldPath": "x"}
    patches.patch_composed([patch], {"spec": {}}, composed)
    assert composed == {}
    with pytest.raises(patches.PatchError, match=r"spec\.absent: no such field"):
        patches.patch_composed([{**patch, "policy": {"fromFieldPath": "Required"}}], {"spec": {}}, composed)


def test_variables_are_combined_by_a_format() -> None:
    combine = {
        "strategy": "string",
        "variables": [{"fromFieldPath": "a"}, {"fromFieldPath": "b"}],
        "string": {"fmt": "%s.%s.svc"},
    }
    composed: Object = {}
    patch = {"type": "CombineFromComposite", "combine": combine, "toFieldPath": "host"}
    patches.patch_composed([patch], {"a": "cache", "b": "ns"}, composed)
    assert composed == {"host": "cache.ns.svc"}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(["b"], "Unready resources: b", id="one"),
        pytest.param(["b", "a"], "Unready resources: a, b", id="two in order"),
        pytest.param(["c", "b", "a"], "Unready resources: a, b, and c", id="three"),
        pytest.param(["d", "c", "b", "a"], "Unready resources: a, b, c, and 1 more", id="more"),
    ],
)
def test_unready_resources_are_listed_in_order(names: list[str], expected: str) -> None:
    assert rendering.unready_text(names) == expected


@pytest.mark.parametrize(
    ("form", "values", "expected"),
    [
        pytest.param("%s-%d%%", ["a", 1], "a-1%", id="plain"),
        pytest.param("%[2]s %[1]s", ["a", "b"], "b a", id="indexes"),
        pytest.param("%05d|%-3s|", [7, "x"], "00007|x  |", id="widths"),
        pytest.param("%d", ["x"], "%!d(string=x)", id="wrong verb"),
        pytest.param("%s", [], "%!s(MISSING)", id="missing"),
        pytest.param("x", [1], "x%!(EXTRA int64=1)", id="surplus"),
        pytest.param("%q %v %t", ["a", 1.5, True], '"a" 1.5 true', id="others"),
    ],
)
def test_formats_are_go_formats(form: str, values: list[object], expected: str) -> None:
    assert sprintf(form, values) == expected

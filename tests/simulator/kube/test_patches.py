"""The rules of the patch types, as properties and as examples."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.kube.merging.patches import json_patch, merge_patch, strategic
from simulator.kube.schema.nodes import definition
from simulator.kube.status import Refusal

DEPLOYMENT = definition("io.k8s.api.apps.v1.Deployment")
KEYS = st.sampled_from(["a", "b", "c"])
SCALARS = st.integers(0, 3) | st.text("xy", max_size=2) | st.booleans()
VALUES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=3)
PATCHES = st.recursive(
    SCALARS | st.none(), lambda below: st.dictionaries(KEYS, below, max_size=3), max_leaves=8
).filter(lambda value: isinstance(value, dict))


def difference(old: Any, new: Any) -> Any:
    """The merge patch from one object to another."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    changed = {
        key: difference(old.get(key), new[key]) for key in new if key not in old or old[key] != new[key]
    }
    return changed | {key: None for key in old if key not in new}


@given(OBJECTS, OBJECTS)
def test_a_merge_patch_leads_from_any_object_to_any_other(old: Any, new: Any) -> None:
    assert merge_patch(old, difference(old, new)) == new


@given(OBJECTS, PATCHES)
def test_a_merge_patch_applied_twice_is_applied_once(target: Any, patch: Any) -> None:
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once


@given(OBJECTS, PATCHES)
def test_a_merge_patch_leaves_its_target_as_it_was(target: Any, patch: Any) -> None:
    before = repr(target)
    merge_patch(target, patch)
    assert repr(target) == before


def nested(*containers: Any) -> Any:
    return {"spec": {"template": {"spec": {"containers": list(containers)}}}}


NAMES = st.lists(st.sampled_from("abcd"), unique=True, max_size=4)


@given(NAMES, NAMES)
def test_a_strategic_patch_merges_containers_by_name(present: list[str], patched: list[str]) -> None:
    target = nested(*({"name": name, "image": "old", "tty": True} for name in present))
    patch = nested(*({"name": name, "image": "new"} for name in patched))
    result = strategic(DEPLOYMENT, target, patch)["spec"]["template"]["spec"]["containers"]
    assert {one["name"] for one in result} == {*present, *patched}
    assert all(one["image"] == ("new" if one["name"] in patched else "old") for one in result)
    assert all(("tty" in one) is (one["name"] in present) for one in result)


@given(NAMES, NAMES)
def test_a_strategic_patch_deletes_containers_by_name(present: list[str], deleted: list[str]) -> None:
    target = nested(*({"name": name} for name in present))
    patch = nested(*({"name": name, "$patch": "delete"} for name in deleted if name in present))
    result = strategic(DEPLOYMENT, target, patch)["spec"]["template"]["spec"]["containers"]
    assert [one["name"] for one in result] == [name for name in present if name not in deleted]


@given(OBJECTS, PATCHES)
def test_where_no_list_merges_by_key_a_strategic_patch_is_a_merge_patch(target: Any, patch: Any) -> None:
    result = strategic(DEPLOYMENT, {"metadata": {"labels": target}}, {"metadata": {"labels": patch}})
    assert result == {"metadata": {"labels": merge_patch(target, patch)}}


def test_a_strategic_patch_obeys_its_directives() -> None:
    target = nested({"name": "a"}, {"name": "b"}, {"name": "c"})
    replaced = strategic(DEPLOYMENT, target, nested({"$patch": "replace"}, {"name": "z"}))
    assert replaced == nested({"name": "z"})
    order = [{"name": "c"}, {"name": "a"}, {"name": "b"}]
    patch = {"spec": {"template": {"spec": {"$setElementOrder/containers": order}}}}
    assert strategic(DEPLOYMENT, target, patch) == nested({"name": "c"}, {"name": "a"}, {"name": "b"})


def test_switching_the_strategy_retains_only_its_keys() -> None:
    target = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert strategic(DEPLOYMENT, target, patch) == {"spec": {"strategy": {"type": "Recreate"}}}


def test_primitive_lists_lose_what_is_named() -> None:
    target = {"metadata": {"finalizers": ["a/b", "c/d"]}}
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a/b"]}}
    assert strategic(DEPLOYMENT, target, patch) == {"metadata": {"finalizers": ["c/d"]}}


def test_a_json_patch_leaves_its_target_as_it_was() -> None:
    target = {"a": {"b": [1]}}
    assert json_patch(target, [{"op": "add", "path": "/a/b/-", "value": 2}]) == {"a": {"b": [1, 2]}}
    assert target == {"a": {"b": [1]}}


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        pytest.param([{"op": "remove", "path": "/nope"}], 422, id="missing path"),
        pytest.param([{"op": "test", "path": "/a", "value": 2}], 422, id="failed test"),
        pytest.param([{"op": "bend", "path": "/a"}], 422, id="unknown operation"),
        pytest.param([{"op": "replace", "path": "", "value": 1}], 422, id="no object any more"),
        pytest.param([{"op": "test", "path": "/a", "value": 1}] * 10001, 413, id="too many"),
    ],
)
def test_a_json_patch_that_cannot_be_carried_out_is_refused(patch: Any, code: int) -> None:
    with pytest.raises(Refusal) as refused:
        json_patch({"a": 1}, patch)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        (
            {"spec": {"template": {"spec": {"containers": [{"image": "x"}]}}}},
            "map: map[image:x] does not contain declared merge key: name",
        ),
        ({"spec": {"$patch": "bend"}}, "unknown patch type: bend in map: map[$patch:bend]"),
    ],
)
def test_a_strategic_patch_that_cannot_be_merged_is_told_as_go_tells_it(patch: Any, message: str) -> None:
    with pytest.raises(Refusal) as refused:
        strategic(DEPLOYMENT, {}, patch)
    assert (refused.value.code, refused.value.message) == (500, message)

"""Field sets and ownership, as properties."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from simulator.kube.merging.fieldset import Difference, fields_of, parse, render
from simulator.kube.merging.merge import merge
from simulator.kube.merging.ownership import Manager, Ownership, apply
from simulator.kube.schema.nodes import definition

CONFIG_MAP = definition("io.k8s.api.core.v1.ConfigMap")
DEPLOYMENT = definition("io.k8s.api.apps.v1.Deployment")
DATA = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["1", "2"]), max_size=4)
PATHS = st.sets(
    st.lists(st.sampled_from(["f:a", "f:b", 'k:{"name":"c"}', 'v:"x"']), min_size=1, max_size=3).map(tuple)
)
CONTAINERS = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abc"), "image": st.sampled_from(["i:1", "i:2"])}),
    unique_by=lambda one: one["name"],
    max_size=3,
)


def config_map(data: Any) -> Any:
    return {"metadata": {"name": "s"}, "data": dict(data)}


def deployment(containers: Any) -> Any:
    return {"spec": {"template": {"spec": {"containers": list(containers)}}}}


def applied(live: Any, ownership: Ownership, who: str, config: Any) -> Any:
    manager = Manager(who, "Apply", "v1")
    return apply(CONFIG_MAP, live, config, ownership, manager=manager, now="t", force=True)


@given(PATHS)
def test_a_field_set_survives_its_written_form(fields: Any) -> None:
    assert parse(render(fields)) == fields


@given(DATA, DATA)
def test_no_difference_means_the_same_object(old: Any, new: Any) -> None:
    difference = Difference(CONFIG_MAP, config_map(old), config_map(new))
    assert (not difference.taken and not difference.removed) is (old == new)


@given(DATA, DATA)
def test_a_difference_there_is_the_opposite_of_the_way_back(old: Any, new: Any) -> None:
    there = Difference(CONFIG_MAP, config_map(old), config_map(new))
    back = Difference(CONFIG_MAP, config_map(new), config_map(old))
    assert (there.added, there.removed, there.modified) == (back.removed, back.added, back.modified)


@given(CONTAINERS, CONTAINERS)
def test_a_merged_list_holds_every_item_once_with_the_applied_values(live: Any, config: Any) -> None:
    merged = merge(DEPLOYMENT, deployment(live), deployment(config))["spec"]["template"]["spec"]["containers"]
    names = [one["name"] for one in merged]
    assert len(names) == len(set(names))
    images = {one["name"]: one["image"] for one in live} | {one["name"]: one["image"] for one in config}
    assert {one["name"]: one["image"] for one in merged} == images
    assert [name for name in names if name in {one["name"] for one in config}] == [
        one["name"] for one in config
    ]


@given(CONTAINERS)
def test_applying_what_is_there_merges_to_the_same(config: Any) -> None:
    assert merge(DEPLOYMENT, deployment(config), deployment(config)) == deployment(config)


@given(st.lists(DATA, min_size=1, max_size=4))
def test_the_last_configuration_of_a_lone_applier_is_what_is_there(configurations: Any) -> None:
    live: Any = {}
    ownership = Ownership(())
    for data in configurations:
        live = applied(live, ownership, "m", config_map(data))
        ownership = Ownership(ownership.render())
    assert live.get("data", {}) == configurations[-1]
    assert ownership.owned() == fields_of(CONFIG_MAP, config_map(configurations[-1]))


@given(DATA, DATA)
def test_one_applier_never_removes_what_another_holds(mine: Any, theirs: Any) -> None:
    ownership = Ownership(())
    live = applied({}, ownership, "they", config_map(theirs))
    live = applied(live, ownership, "me", config_map(mine))
    live = applied(live, ownership, "me", {"metadata": {"name": "s"}})
    left = {key: value for key, value in theirs.items() if mine.get(key, value) == value}
    assert live.get("data", {}) == left


@given(DATA, DATA)
def test_an_update_owns_exactly_what_it_changed(old: Any, new: Any) -> None:
    manager = Manager("m", "Update", "v1")
    ownership = Ownership(())
    difference = Difference(CONFIG_MAP, config_map(old), config_map(new))
    ownership.updated(manager, difference, "t")
    changed = {("f:data", f"f:{key}") for key in new if old.get(key) != new[key]}
    assert {path for path in ownership.fields(manager) if len(path) > 1} == changed

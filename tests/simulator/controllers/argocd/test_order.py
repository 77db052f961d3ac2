"""Phases, waves and kinds: the order of a sync, by table and by property."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.controllers.argocd import waves
from simulator.controllers.argocd.identity import Ref, owner, tracking_id
from simulator.controllers.argocd.options import Options
from simulator.controllers.argocd.tasks import Result, Task, order, plan
from simulator.controllers.kinds import Object

GROUPS = {"Deployment": "apps/v1", "Job": "batch/v1", "ExternalSecret": "external-secrets.io/v1"}


def obj(kind: str, name: str = "x", namespace: str = "n", spec: Any = None, **annotations: str) -> Object:
    named = {f"argocd.argoproj.io/{key.replace('_', '-')}": value for key, value in annotations.items()}
    metadata = {"name": name, "annotations": named} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": GROUPS.get(kind, "v1"), "kind": kind, "metadata": metadata, "spec": spec or {}}


def live_of(*objects: Object) -> dict[Ref, Object]:
    return {Ref.of(each): each for each in objects}


def names(tasks: list[Task]) -> list[str]:
    return [f"{task.ref.kind}/{task.ref.name}" for task in tasks]


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        pytest.param({}, 0, id="none"),
        pytest.param({"argocd.argoproj.io/sync-wave": "-3"}, -3, id="negative"),
        pytest.param({"argocd.argoproj.io/sync-wave": "six"}, 0, id="no number"),
        pytest.param(
            {"argocd.argoproj.io/sync-wave": "x", "helm.sh/hook-weight": "4"}, 4, id="weight instead"
        ),
        pytest.param({"argocd.argoproj.io/sync-wave": "1", "helm.sh/hook-weight": "4"}, 1, id="wave first"),
    ],
)
def test_the_wave_is_read_from_annotations(annotations: dict[str, str], expected: int) -> None:
    assert waves.wave({"metadata": {"annotations": annotations}}) == expected


def test_within_a_wave_known_kinds_come_in_their_order_and_custom_ones_last() -> None:
    kinds = ["ExternalSecret", "Deployment", "Service", "Secret", "Job", "ConfigMap"]
    tasks = plan([obj(kind) for kind in kinds], {}, {}, Options())
    assert [task.ref.kind for task in tasks] == [
        "Secret",
        "ConfigMap",
        "Service",
        "Deployment",
        "Job",
        "ExternalSecret",
    ]


def test_phases_come_before_waves_and_waves_before_kinds() -> None:
    targets = [
        obj("ConfigMap", "late", sync_wave="6"),
        obj("Deployment", "early", sync_wave="-1"),
        obj("Job", "after", hook="PostSync", sync_wave="-9"),
        obj("Job", "before", hook="PreSync", sync_wave="9"),
        obj("Job", "between", hook="Sync", sync_wave="2"),
    ]
    assert [task.ref.name for task in plan(targets, {}, {}, Options())] == [
        "before",
        "early",
        "between",
        "late",
        "after",
    ]


def test_a_namespace_goes_in_front_of_its_first_dependant() -> None:
    targets = [
        obj("Namespace", "n", namespace="", sync_wave="5"),
        obj("Job", "j", hook="PreSync"),
        obj("Secret"),
    ]
    tasks = plan(targets, {}, {}, Options())
    assert names(tasks) == ["Namespace/n", "Job/j", "Secret/x"]
    assert (tasks[0].phase, tasks[0].wave) == ("PreSync", 0)


def test_a_definition_goes_in_front_of_its_first_object() -> None:
    spec = {"group": "external-secrets.io", "names": {"kind": "ExternalSecret"}}
    definition = obj("CustomResourceDefinition", "d", namespace="", spec=spec, sync_wave="3")
    tasks = plan([obj("ExternalSecret", sync_wave="1"), obj("Secret"), definition], {}, {}, Options())
    assert names(tasks) == ["Secret/x", "CustomResourceDefinition/d", "ExternalSecret/x"]


def test_a_result_is_found_again_though_its_task_was_moved() -> None:
    targets = [obj("Namespace", "n", namespace="", sync_wave="5"), obj("Job", "j", hook="PreSync")]
    first = plan(targets, {}, {}, Options())[0]
    result = Result("Synced", "Running")
    assert plan(targets, {}, {first.key: result}, Options())[0].result == result


def test_pruning_reverses_the_waves() -> None:
    extras = [obj("ConfigMap", f"c{wave}", sync_wave=str(wave)) for wave in (0, 1, 5)]
    tasks = plan([obj("ConfigMap", "kept", sync_wave="3")], live_of(*extras), {}, Options(prune=True))
    assert [(task.ref.name, task.wave) for task in tasks] == [("c5", 0), ("c1", 1), ("kept", 3), ("c0", 5)]


def test_prune_last_prunes_after_the_last_wave() -> None:
    extras = [obj("ConfigMap", "gone", sync_wave="-4")]
    options = Options(prune=True, prune_last=True)
    tasks = plan([obj("ConfigMap", "kept", sync_wave="6")], live_of(*extras), {}, options)
    assert [(task.ref.name, task.wave) for task in tasks] == [("kept", 6), ("gone", 7)]


def test_hooks_that_are_live_are_never_pruned_and_skipped_objects_take_no_part() -> None:
    targets = [obj("ConfigMap", "skipped", hook="Skip")]
    live = live_of(obj("Job", "old", hook="Sync"), obj("ConfigMap", "skipped"))
    assert plan(targets, live, {}, Options(prune=True)) == []


def test_a_sync_of_chosen_objects_leaves_hooks_out() -> None:
    targets = [obj("ConfigMap", "a"), obj("ConfigMap", "b"), obj("Job", "h", hook="PreSync")]
    for namespace in ("n", ""):
        tasks = plan(targets, {}, {}, Options(), only=[Ref("", "ConfigMap", namespace, "b")])
        assert names(tasks) == ["ConfigMap/b"]
    assert not plan(targets, {}, {}, Options(), only=[Ref("", "ConfigMap", "other", "b")])


KINDS = st.sampled_from(["Namespace", "Secret", "Service", "Deployment", "Job", "ExternalSecret"])
TASKS = st.lists(
    st.tuples(
        KINDS,
        st.sampled_from("abc"),
        st.integers(-3, 7),
        st.sampled_from(["", "PreSync", "Sync", "PostSync"]),
    ),
    max_size=12,
    unique_by=lambda item: item[:2],
)


@given(TASKS, st.randoms(use_true_random=False))
def test_the_order_is_total_monotonous_and_independent_of_the_order_given(items: Any, random: Any) -> None:
    targets = [
        obj(
            kind,
            name,
            "" if kind == "Namespace" else "a",
            sync_wave=str(wave),
            **({"hook": hook} if hook else {}),
        )
        for kind, name, wave, hook in items
    ]
    tasks = plan(targets, {}, {}, Options())
    random.shuffle(targets)
    assert names(plan(targets, {}, {}, Options())) == names(tasks)
    places = [(waves.PHASES.index(task.phase), task.wave) for task in tasks]
    assert places == sorted(places)
    seen = [task.ref for task in tasks if task.ref == Ref("", "Namespace", "", "a")]
    for task in tasks:
        if seen and task.ref.namespace == "a":
            assert tasks.index(task) > [each.ref for each in tasks].index(seen[0])


@given(st.lists(st.integers(-5, 9)))
def test_reversed_waves_are_the_same_waves_and_reversing_twice_changes_nothing(
    given_waves: list[int],
) -> None:
    swapped = waves.prune_waves(given_waves)
    assert set(swapped.values()) == set(given_waves)
    assert all(swapped[swapped[wave]] == wave for wave in given_waves)


def test_ordering_twice_changes_nothing() -> None:
    tasks = plan([obj("Secret"), obj("Namespace", "n", namespace="", sync_wave="4")], {}, {}, Options())
    assert names(order(tasks)) == names(tasks)


NAME = st.text("abcdefgh-", min_size=1, max_size=8)


@given(NAME, st.sampled_from(list(GROUPS)), NAME, st.sampled_from(["", "n"]))
def test_a_tracking_id_names_its_application_and_a_copy_of_it_nobody(
    app: str, kind: str, name: str, namespace: str
) -> None:
    mine = obj(kind, name, namespace)
    mine["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] = tracking_id(app, Ref.of(mine), "d")
    assert owner(mine) == app
    copied = {**mine, "kind": "ReplicaSet"}
    assert owner(copied) is None
    assert owner({**mine, "metadata": {**mine["metadata"], "name": name + "x"}}) is None

"""Small rules as tables: ages, JSONPath, selectors, versions, names, protobuf."""

from typing import Any

import pytest

from simulator.kube.encoding import protobuf
from simulator.kube.schema.builtins import builtin_resources
from simulator.kube.selectors import FieldSelector, LabelSelector, fields_of
from simulator.kube.status import Refusal
from simulator.kube.storage.registry import priority
from simulator.kube.tables.ages import human
from simulator.kube.tables.jsonpath import find
from simulator.kube.tables.pod_status import word
from simulator.kube.validation.names import metadata_name_causes

MINUTE, HOUR, DAY = 60, 3600, 86400


BUILT_IN = {one.kind: one for one in builtin_resources()}


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0s"),
        (119, "119s"),
        (2 * MINUTE, "2m"),
        (4 * MINUTE + 30, "4m30s"),
        (10 * MINUTE + 5, "10m"),
        (3 * HOUR + 5 * MINUTE, "3h5m"),
        (9 * HOUR + 5 * MINUTE, "9h"),
        (2 * DAY + 4 * HOUR, "2d4h"),
        (326 * DAY, "326d"),
        (2 * 365 * DAY + 41 * DAY, "2y41d"),
        (9 * 365 * DAY, "9y"),
    ],
)
def test_ages_are_shown_in_one_or_two_units(seconds: int, shown: str) -> None:
    assert human(seconds) == shown


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".status.sync.status", ["Synced"]),
        ("{.status.sync.status}", ["Synced"]),
        ('.status.conditions[?(@.type=="Ready")].status', ["True"]),
        (".status.conditions[*].type", ["Ready", "Other"]),
        (".status.conditions[-1].type", ["Other"]),
        ("..type", ["Ready", "Other"]),
        (".metadata.annotations['a.b/c']", ["x"]),
        (r".metadata.annotations.a\.b/c", []),
        (".status.nope", []),
        (".status[", []),
    ],
)
def test_a_json_path_finds(path: str, found: list[Any]) -> None:
    conditions = [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"}]
    value = {
        "metadata": {"annotations": {"a.b/c": "x"}},
        "status": {"sync": {"status": "Synced"}, "conditions": conditions},
    }
    assert find(path, value) == found


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ("a=1", True),
        ("a==1,b=2", True),
        ("a!=1", False),
        ("z!=1", True),
        ("a", True),
        ("!a", False),
        ("!z", True),
        ("a in (1,2)", True),
        ("a notin (1,2)", False),
        ("z notin (1)", True),
        ("b > 1", True),
        ("b<2", False),
        ("example.com/tier=front", True),
        ("empty=", True),
    ],
)
def test_a_label_selector_selects(selector: str, selected: bool) -> None:
    labels = {"a": "1", "b": "2", "example.com/tier": "front", "empty": ""}
    assert LabelSelector(selector).matches(labels) is selected


@pytest.mark.parametrize("selector", ["a in (", "a in", "=1", "a=1,,b", "a ~ b", "a=b=c"])
def test_a_broken_label_selector_is_refused(selector: str) -> None:
    with pytest.raises(Refusal):
        LabelSelector(selector)


def test_a_field_selector_knows_the_fields_of_its_kind() -> None:
    pod = {
        "metadata": {"name": "p", "namespace": "n"},
        "spec": {"nodeName": "x"},
        "status": {"phase": "Running"},
    }
    fields = fields_of(BUILT_IN["Pod"])
    assert FieldSelector("spec.nodeName=x,status.phase!=Failed", *fields).matches(pod)
    assert not FieldSelector("metadata.name=q", *fields).matches(pod)
    assert FieldSelector("spec.nodeName=", *fields).matches({"metadata": {}, "spec": {}})


@pytest.mark.parametrize(
    ("kind", "field", "message"),
    [
        ("Pod", "spec.bogus", "field label not supported: spec.bogus"),
        ("Node", "metadata.namespace", "field label not supported: metadata.namespace"),
        ("Job", "spec.x", 'field label "spec.x" not supported for Job'),
        (
            "ConfigMap",
            "data.k",
            '"data.k" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
    ],
)
def test_a_field_that_is_not_selected_by_is_refused_in_the_words_of_its_kind(
    kind: str, field: str, message: str
) -> None:
    with pytest.raises(Refusal) as refused:
        FieldSelector(f"{field}=1", *fields_of(BUILT_IN[kind]))
    assert refused.value.message == message


def test_versions_are_ordered_by_stability() -> None:
    versions = ["v1alpha1", "foo", "v2beta1", "v1", "v10", "v2", "v1beta2", "v1beta1"]
    ordered = ["v10", "v2", "v1", "v2beta1", "v1beta2", "v1beta1", "v1alpha1", "foo"]
    assert sorted(versions, key=priority, reverse=True) == ordered


@pytest.mark.parametrize(
    ("plural", "name", "right"),
    [
        ("configmaps", "a.b-c", True),
        ("configmaps", "A", False),
        ("configmaps", "a" * 254, False),
        ("namespaces", "a.b", False),
        ("services", "1a", False),
        ("services", "a1", True),
        ("clusterroles", "system:basic-user", True),
        ("clusterroles", "a/b", False),
        ("pods", "", False),
    ],
)
def test_names_follow_the_rules_of_their_kind(plural: str, name: str, right: bool) -> None:
    assert (not list(metadata_name_causes(plural, {"name": name}))) is right


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        pytest.param({"phase": "Pending"}, "Pending", id="nothing known"),
        pytest.param(
            {
                "phase": "Running",
                "containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}],
            },
            "CrashLoopBackOff",
            id="waiting",
        ),
        pytest.param(
            {"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"exitCode": 3}}}]},
            "ExitCode:3",
            id="ended",
        ),
        pytest.param(
            {"phase": "Pending", "initContainerStatuses": [{"state": {"running": {}}}]},
            "Init:0/1",
            id="initialising",
        ),
        pytest.param({"phase": "Failed", "reason": "Evicted"}, "Evicted", id="evicted"),
    ],
)
def test_a_pod_is_shown_by_the_container_that_matters(status: Any, shown: str) -> None:
    spec = {"containers": [{"name": "c"}], "initContainers": [{"name": "i"}]}
    assert word({"metadata": {}, "spec": spec, "status": status}) == shown


def test_a_protobuf_body_that_is_cut_off_is_refused() -> None:
    whole = protobuf.MAGIC + bytes([0x0A, 9]) + b"\x0a\x02v1\x12\x03Pod"
    for length in range(len(protobuf.MAGIC) + 1, len(whole)):
        with pytest.raises(Refusal):
            protobuf.parse(whole[:length])
    with pytest.raises(Refusal) as refused:
        protobuf.parse(whole)
    assert refused.value.code == 415

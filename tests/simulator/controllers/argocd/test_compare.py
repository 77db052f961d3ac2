"""What counts as a difference between git and the cluster, and what the server may add without making one."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.controllers.argocd.compare import abandoned, differs
from simulator.controllers.argocd.comparing import MANAGER
from simulator.controllers.argocd.state import Rules, judge
from simulator.controllers.kinds import Object
from tests.simulator.controllers.argocd.test_order import live_of, obj

TEMPLATE = {
    "replicas": 2,
    "template": {
        "spec": {
            "containers": [
                {"name": "web", "image": "web:1", "env": [{"name": "A", "value": "1"}], "envFrom": []}
            ]
        }
    },
}


def deployment() -> Object:
    return copy.deepcopy(obj("Deployment", "web", spec=TEMPLATE))


def container(found: Object) -> Any:
    return found["spec"]["template"]["spec"]["containers"][0]


def _defaulted() -> Object:
    live = deployment()
    live["spec"] |= {"progressDeadlineSeconds": 600, "strategy": {"type": "RollingUpdate"}}
    container(live)["terminationMessagePath"] = "/dev/termination-log"
    del container(live)["envFrom"]
    live["metadata"] |= {"uid": "u", "resourceVersion": "5", "labels": {"added": "by somebody"}}
    live["status"] = {"replicas": 2}
    return live


def _sidecar() -> Object:
    live = deployment()
    live["spec"]["template"]["spec"]["containers"].append({"name": "mesh", "image": "mesh:1"})
    return live


def _scaled() -> Object:
    live = deployment()
    live["spec"]["replicas"] = 5
    return live


def _edited_environment() -> Object:
    live = deployment()
    container(live)["env"] = [{"name": "A", "value": "2"}]
    return live


def _lost_environment() -> Object:
    live = deployment()
    container(live)["env"] = [{"name": "B", "value": "1"}]
    return live


def _unlabelled() -> Object:
    live = deployment()
    live["metadata"]["annotations"] = {}
    return live


def _annotated() -> Object:
    target = deployment()
    target["metadata"]["annotations"] = {"a": "b"}
    return target


@pytest.mark.parametrize(
    ("target", "live", "expected"),
    [
        pytest.param(deployment(), deployment(), False, id="the same"),
        pytest.param(deployment(), _defaulted(), False, id="defaults, status and foreign labels"),
        pytest.param(deployment(), _sidecar(), False, id="an injected sidecar"),
        pytest.param(deployment(), _scaled(), True, id="another number of replicas"),
        pytest.param(deployment(), _edited_environment(), True, id="another value of a variable"),
        pytest.param(deployment(), _lost_environment(), True, id="a variable that is gone"),
        pytest.param(_annotated(), _unlabelled(), True, id="a lost annotation"),
    ],
)
def test_a_builtin_kind_differs_only_in_what_git_says(target: Object, live: Object, expected: bool) -> None:
    assert differs(target, live, manager=MANAGER) is expected


def test_a_secret_is_compared_as_the_server_stores_it() -> None:
    target = {**obj("Secret", "s"), "stringData": {"a": "b"}}
    live = {**obj("Secret", "s"), "data": {"a": "Yg=="}, "type": "Opaque"}
    assert not differs(target, live, manager=MANAGER)
    assert differs(target, live | {"data": {"a": "Yw=="}}, manager=MANAGER)


def test_lists_of_custom_kinds_are_compared_as_a_whole() -> None:
    target = obj("ExternalSecret", spec={"data": [{"secretKey": "A", "remoteRef": {"key": "k"}}]})
    defaulted = copy.deepcopy(target)
    defaulted["spec"] |= {"refreshInterval": "1h"}
    assert not differs(target, defaulted, manager=MANAGER)
    defaulted["spec"]["data"][0]["remoteRef"]["decodingStrategy"] = "None"
    assert differs(target, defaulted, manager=MANAGER)


def _owned(live: Object, fields: Object, manager: str = MANAGER) -> Object:
    entry = {"manager": manager, "operation": "Apply", "fieldsV1": fields}
    return {**live, "metadata": {**live["metadata"], "managedFields": [entry]}}


FIELDS: Object = {
    "f:spec": {
        "f:replicas": {},
        "f:template": {
            "f:spec": {
                "f:containers": {
                    'k:{"name":"web"}': {
                        ".": {},
                        "f:name": {},
                        "f:env": {'k:{"name":"A"}': {".": {}, "f:name": {}}, 'k:{"name":"OLD"}': {".": {}}},
                    }
                }
            }
        },
    }
}


def test_a_field_git_no_longer_names_is_a_difference_when_it_was_applied_from_git() -> None:
    before = deployment()
    before["spec"]["template"]["spec"]["containers"][0]["env"].append({"name": "OLD", "value": "1"})
    live = _owned(before, FIELDS)
    assert abandoned(deployment(), live, MANAGER) == [
        '.spec.template.spec.containers[{"name":"web"}].env[{"name":"OLD"}]'
    ]
    assert differs(deployment(), live, manager=MANAGER)
    assert not differs(deployment(), _owned(before, FIELDS, "somebody"), manager=MANAGER)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON)
def test_nothing_differs_from_itself(spec: Any) -> None:
    for kind in ("Deployment", "ExternalSecret"):
        target = {**obj(kind), "spec": spec}
        assert not differs(target, copy.deepcopy(target), manager=MANAGER)


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=2), JSON, max_size=4),
    st.text("xyz", min_size=1, max_size=2),
)
def test_a_field_the_server_added_is_no_difference_and_one_git_added_is(spec: Any, name: str) -> None:
    target = {**obj("Deployment"), "spec": spec}
    more = {**obj("Deployment"), "spec": spec | {name: "added"}}
    assert not differs(target, more, manager=MANAGER)
    assert differs(more, target, manager=MANAGER)


def test_the_whole_is_out_of_sync_when_a_part_is_unless_extras_are_ignored() -> None:
    kept, extra = obj("ConfigMap", "kept"), obj("ConfigMap", "extra")
    found = judge([kept], live_of(kept, extra), Rules())
    assert (found.sync, [str(ref) for ref in found.out_of_sync]) == ("OutOfSync", ["/ConfigMap/extra"])
    tolerant = judge([kept], live_of(kept, extra), Rules(compare_options=frozenset({"IgnoreExtraneous"})))
    assert tolerant.sync == "Synced"
    assert [entry["status"] for entry in tolerant.resources] == ["OutOfSync", "Synced"]


def test_a_missing_object_with_a_health_makes_the_whole_missing() -> None:
    assert judge([obj("Deployment")], {}, Rules()).health == "Missing"
    assert judge([obj("ConfigMap")], {}, Rules()).health == "Healthy"


def test_without_targets_from_git_nothing_is_said_about_sync_but_health_stays() -> None:
    found = judge([], live_of(obj("ConfigMap", "a")), Rules(loaded=False))
    assert (found.sync, found.health) == ("Unknown", "Healthy")
    assert [entry["status"] for entry in found.resources] == ["Unknown"]


def test_a_hook_is_listed_without_a_status_while_it_is_there() -> None:
    hook = obj("Job", "j", hook="Sync", sync_wave="2")
    found = judge([hook], live_of(hook), Rules())
    assert found.sync == "Synced"
    assert found.resources == [
        {
            "group": "batch",
            "version": "v1",
            "kind": "Job",
            "namespace": "n",
            "name": "j",
            "hook": True,
            "syncWave": 2,
        }
    ]
    assert judge([hook], {}, Rules()).resources == []

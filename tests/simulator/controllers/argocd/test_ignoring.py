"""What ignoreDifferences leaves out, and what a sync respects of it."""

import pytest

from simulator.controllers.argocd.compare import differs
from simulator.controllers.argocd.comparing import MANAGER, Comparisons
from simulator.controllers.argocd.identity import Ref
from simulator.controllers.argocd.ignoring import UnservedExpression, respected, without
from simulator.controllers.kinds import Object

OWNED: Object = {"f:spec": {"f:template": {"f:containers": {'k:{"name":"app"}': {".": {}, "f:image": {}}}}}}


def workload(replicas: int = 1, image: str = "app:1", version: str = "1") -> Object:
    containers = [{"name": "app", "image": image}, {"name": "side", "image": "side:1"}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "n", "uid": "u", "resourceVersion": version},
        "spec": {"replicas": replicas, "template": {"containers": containers}},
    }


@pytest.mark.parametrize(
    ("rule", "live"),
    [
        pytest.param({"jsonPointers": ["/spec/replicas"]}, workload(replicas=3), id="pointer"),
        pytest.param(
            {"jsonPointers": ["/spec/template/containers/0/image"]}, workload(image="app:2"), id="in a list"
        ),
        pytest.param({"jqPathExpressions": [".spec.replicas"]}, workload(replicas=3), id="jq path"),
        pytest.param(
            {"jqPathExpressions": [".spec.template.containers[].image"]},
            workload(image="app:2"),
            id="jq each",
        ),
        pytest.param(
            {"jqPathExpressions": ['.spec.template.containers[] | select(.name == "app") | .image']},
            workload(image="app:2"),
            id="jq select",
        ),
        pytest.param({"managedFieldsManagers": ["hpa"]}, workload(image="app:2"), id="manager"),
    ],
)
def test_what_a_rule_names_makes_no_difference(rule: Object, live: Object) -> None:
    fields = [{"manager": "hpa", "operation": "Update", "fieldsV1": OWNED}]
    live["metadata"]["managedFields"] = fields
    target = workload()
    assert differs(target, live, manager=MANAGER)
    assert not differs(*without(target, live, [rule]), manager=MANAGER)
    assert target == workload(), "the target itself stays whole"


def test_what_a_rule_names_was_not_dropped_by_git_though_a_sync_owns_it() -> None:
    live = workload(replicas=3)
    owned: Object = {"f:spec": {"f:replicas": {}}}
    live["metadata"]["managedFields"] = [{"manager": MANAGER, "operation": "Apply", "fieldsV1": owned}]
    without_replicas = workload()
    del without_replicas["spec"]["replicas"]
    rule = {"jsonPointers": ["/spec/replicas"]}
    for target in (workload(), without_replicas):
        assert differs(target, live, manager=MANAGER)
        assert not differs(*without(target, live, [rule]), manager=MANAGER)


def test_a_selection_leaves_other_items_to_be_compared() -> None:
    rule = {"jqPathExpressions": ['.spec.template.containers[] | select(.name == "side") | .image']}
    assert differs(*without(workload(), workload(image="app:2"), [rule]), manager=MANAGER)


def test_an_expression_that_is_no_path_is_refused_by_name() -> None:
    with pytest.raises(UnservedExpression, match="to_entries"):
        without(workload(), workload(), [{"jqPathExpressions": [".spec | to_entries"]}])


def test_a_sync_that_respects_the_rules_applies_what_is_there() -> None:
    rule = {"jsonPointers": ["/spec/replicas", "/spec/absent"]}
    assert respected(workload(), workload(replicas=3), [rule])["spec"]["replicas"] == 3
    assert respected(workload(), workload(replicas=3), []) == workload()


def test_a_comparison_is_made_again_only_when_something_changed() -> None:
    compared, ref, target = Comparisons(), Ref("apps", "Deployment", "n", "web"), workload()
    assert not compared.differs(ref, target, workload(), [])
    changed_silently = workload(replicas=9)
    assert not compared.differs(ref, target, changed_silently, []), "the same version is not looked at again"
    assert compared.differs(ref, target, workload(replicas=9, version="2"), [])
    assert not compared.differs(
        ref, target, workload(replicas=9, version="2"), [{"jsonPointers": ["/spec/replicas"]}]
    )
    compared.keep({})
    assert not compared.differs(ref, target, workload(), [])

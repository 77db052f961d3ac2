"""Which objects of a namespace a project wants to be told of because they are nobody's."""

import pytest

from simulator.controllers.argocd.identity import Ref
from simulator.controllers.argocd.orphans import asked_for, orphans
from simulator.controllers.kinds import Object

STRAY = Ref("", "ConfigMap", "n", "stray")


def project(orphaned: Object | None, **spec: object) -> Object:
    asked = {} if orphaned is None else {"orphanedResources": orphaned}
    return {"metadata": {"name": "p"}, "spec": {**asked, **spec}}


@pytest.mark.parametrize(
    ("orphaned", "asked"), [(None, False), ({}, True), ({"warn": True}, True), ({"warn": False}, False)]
)
def test_a_project_that_lists_orphans_warns_unless_it_says_not_to(
    orphaned: Object | None, asked: bool
) -> None:
    assert asked_for(project(orphaned)) is asked


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"kind": "ConfigMap"}, False),
        ({"kind": "ConfigMap", "name": "str*"}, False),
        ({"name": "stray"}, False),
        ({"kind": "Secret"}, True),
        ({"group": "apps", "kind": "ConfigMap"}, True),
        ({"kind": "ConfigMap", "name": "other"}, True),
    ],
)
def test_what_is_ignored_is_named_by_group_kind_and_name(entry: Object, told: bool) -> None:
    assert orphans(project({"ignore": [entry]}), [STRAY]) == ([STRAY] if told else [])


def test_what_every_namespace_holds_and_what_a_project_may_not_have_are_no_orphans() -> None:
    own = [Ref("", "ConfigMap", "n", "kube-root-ca.crt"), Ref("", "ServiceAccount", "n", "default")]
    assert orphans(project({}), own) == []
    refused = [{"group": "", "kind": "ConfigMap"}]
    assert orphans(project({}, namespaceResourceBlacklist=refused), [STRAY]) == []

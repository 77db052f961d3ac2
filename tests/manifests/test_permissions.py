"""The roles give what the portal needs and nothing that reveals a secret."""

import json
from typing import Any

import pytest
import yaml

from tests.manifests.rendering import MANIFESTS

ROLES = {
    obj["metadata"]["name"]: obj["rules"]
    for path in sorted((MANIFESTS / "rbac").glob("*.yaml"))
    for obj in yaml.safe_load_all(path.read_text())
    if obj["kind"] == "ClusterRole"
}
POLICIES: dict[str, list[dict[str, Any]]] = {
    path.stem: json.loads(path.read_text())["Statement"] for path in (MANIFESTS / "iam").glob("*.json")
}


COMPARER = "portal-comparer"


@pytest.mark.parametrize("name", sorted(ROLES.keys() - {COMPARER}))
def test_no_role_reaches_secrets_shells_or_other_identities(name: str) -> None:
    for rule in ROLES[name]:
        assert not {"secrets", "pods/exec", "pods/attach", "*"} & set(rule["resources"])
        assert not {"impersonate", "escalate", "bind", "*"} & set(rule["verbs"])


def test_a_viewer_changes_nothing_and_an_operator_only_asks_for_another_look() -> None:
    assert {verb for rule in ROLES["portal-viewer"] for verb in rule["verbs"]} == {"get", "list", "watch"}
    assert {verb for rule in ROLES["portal-operator"] for verb in rule["verbs"]} == {"patch"}


def test_a_comparer_gets_secrets_by_name_and_is_bound_in_one_namespace() -> None:
    assert ROLES[COMPARER] == [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]
    _, binding = yaml.safe_load_all((MANIFESTS / "rbac" / "comparer.yaml").read_text())
    assert (binding["kind"], binding["roleRef"]["name"]) == ("RoleBinding", COMPARER)


def _actions(name: str, effect: str) -> set[str]:
    found: set[str] = set()
    for statement in POLICIES[name]:
        if statement["Effect"] == effect:
            actions = statement["Action"]
            found |= {actions} if isinstance(actions, str) else set(actions)
    return found


def test_a_viewer_of_parameters_reads_no_value() -> None:
    seen = {"ssm:DescribeParameters", "ssm:ListTagsForResource", "s3:ListBucket"}
    assert _actions("viewer", "Allow") == seen


def test_an_onboarder_deletes_nothing_but_leases_and_external_secrets_only_reads() -> None:
    assert {"ssm:DeleteParameter", "ssm:DeleteParameters"} <= _actions("onboarder", "Deny")
    assert _actions("external-secrets", "Allow") == {"ssm:GetParameter", "ssm:GetParameters", "kms:Decrypt"}


@pytest.mark.parametrize("name", POLICIES)
def test_every_permission_that_can_be_bound_to_the_platforms_paths_is(name: str) -> None:
    for statement in POLICIES[name]:
        if statement["Effect"] == "Allow" and statement["Resource"] == "*":
            bound = "kms:EncryptionContext:PARAMETER_ARN" in str(statement.get("Condition"))
            assert bound or statement["Action"] == "ssm:DescribeParameters"
        elif statement["Effect"] == "Allow" and "s3:" not in str(statement["Action"]):
            assert "parameter/zerotouch/" in statement["Resource"]

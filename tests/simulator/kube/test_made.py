"""What the server makes of a new object of each kind: defaults, empty fields, what is owned."""

from typing import Any, Final

import pytest

from tests.simulator.kube.conftest import Body, Cluster

CORE, APPS = "/api/v1/namespaces/default", "/apis/apps/v1/namespaces/default"
BATCH, RBAC = "/apis/batch/v1/namespaces/default", "/apis/rbac.authorization.k8s.io/v1"
POD: Final[Body] = {"containers": [{"name": "c", "image": "i:1"}]}
TEMPLATE: Final = {"metadata": {"labels": {"a": "b"}}, "spec": POD}
SELECTED: Final = {"selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE}
TABLE: Final = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}


def owned(made: Body) -> Any:
    (entry,) = made["metadata"]["managedFields"]
    return entry["fieldsV1"]


@pytest.mark.parametrize(
    ("path", "spec", "status"),
    [
        (f"{CORE}/services", {"ports": [{"port": 80}]}, {"loadBalancer": {}}),
        (f"{APPS}/deployments", SELECTED, {}),
        (f"{APPS}/replicasets", SELECTED, {"replicas": 0}),
        (f"{APPS}/statefulsets", SELECTED, {"replicas": 0, "availableReplicas": 0}),
        (
            f"{APPS}/daemonsets",
            SELECTED,
            {
                "currentNumberScheduled": 0,
                "numberMisscheduled": 0,
                "desiredNumberScheduled": 0,
                "numberReady": 0,
            },
        ),
    ],
)
async def test_counts_that_are_nothing_yet_are_told(
    cluster: Cluster, path: str, spec: Body, status: Body
) -> None:
    made = await cluster.create(path, {"metadata": {"name": "x"}, "spec": spec})
    assert made["status"] == status


async def test_a_service_owns_what_was_asked_and_not_what_was_given_to_it(cluster: Cluster) -> None:
    made = await cluster.create(
        f"{CORE}/services", {"metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": [{"port": 80}]}}
    )
    assert set(owned(made)["f:spec"]) == {
        "f:externalTrafficPolicy",
        "f:internalTrafficPolicy",
        "f:ports",
        "f:sessionAffinity",
        "f:type",
    }
    spec = made["spec"]
    assert (spec["ipFamilies"], spec["ipFamilyPolicy"], spec["clusterIPs"]) == (
        ["IPv4"],
        "SingleStack",
        [spec["clusterIP"]],
    )
    assert 30000 <= spec["ports"][0]["nodePort"] <= 32767
    put = {"metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": [{"port": 80, "name": "x"}]}}
    again = (await cluster.http.put(f"{CORE}/services/s", json=put)).json()["spec"]
    assert again["ports"][0]["nodePort"] == spec["ports"][0]["nodePort"]
    assert again["clusterIP"] == spec["clusterIP"]
    inside = (await cluster.patch(f"{CORE}/services/s", {"spec": {"type": "ClusterIP"}})).json()["spec"]
    assert "nodePort" not in inside["ports"][0]
    assert "externalTrafficPolicy" not in inside


async def test_a_job_is_labelled_as_its_pods_are(cluster: Cluster) -> None:
    template = {"spec": {**POD, "restartPolicy": "Never"}}
    made = await cluster.create(f"{BATCH}/jobs", {"metadata": {"name": "j"}, "spec": {"template": template}})
    labels = made["spec"]["template"]["metadata"]["labels"]
    assert labels["batch.kubernetes.io/job-name"] == "j"
    assert made["metadata"]["labels"] == labels
    assert "f:metadata" not in owned(made)
    named = {"metadata": {"name": "k", "labels": {"own": "1"}}, "spec": {"template": template}}
    assert (await cluster.create(f"{BATCH}/jobs", named))["metadata"]["labels"] == {"own": "1"}


async def test_a_template_of_a_replica_set_is_owned_by_its_fields(cluster: Cluster) -> None:
    made = await cluster.create(f"{APPS}/replicasets", {"metadata": {"name": "r"}, "spec": SELECTED})
    template = owned(made)["f:spec"]["f:template"]
    assert set(template) == {"f:metadata", "f:spec"}
    assert "." not in template["f:spec"]["f:containers"]


async def test_a_role_without_rules_says_so_and_a_binding_shows_whom_it_binds(cluster: Cluster) -> None:
    role = await cluster.create(f"{RBAC}/clusterroles", {"metadata": {"name": "r"}, "rules": []})
    assert role["rules"] is None
    await cluster.create(
        f"{RBAC}/namespaces/default/rolebindings",
        {
            "metadata": {"name": "b"},
            "roleRef": {"kind": "ClusterRole", "name": "r"},
            "subjects": [
                {"kind": "User", "name": "u"},
                {"kind": "ServiceAccount", "name": "s", "namespace": "default"},
            ],
        },
    )
    table = (await cluster.http.get(f"{RBAC}/namespaces/default/rolebindings", headers=TABLE)).json()
    assert [one["name"] for one in table["columnDefinitions"]] == [
        "Name", "Role", "Age", "Users", "Groups", "ServiceAccounts",
    ]  # fmt: skip
    (row,) = table["rows"]
    assert row["cells"][:2] + row["cells"][3:] == ["b", "ClusterRole/r", "u", "", "default/s"]

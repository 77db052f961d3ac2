"""Server-side apply: who owns what, who may change it, and what goes when an owner lets go."""

import httpx

from tests.simulator.kube.conftest import Body, Cluster

MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


def config_map(**data: str) -> Body:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "s"}, "data": data}


async def apply(cluster: Cluster, manager: str, body: Body, path: str = MAPS, **query: str) -> httpx.Response:
    name = body["metadata"]["name"]
    return await cluster.patch(f"{path}/{name}", body, "apply-patch", fieldManager=manager, **query)


def owners(found: Body) -> dict[str, Body]:
    return {entry["manager"]: entry["fieldsV1"] for entry in found["metadata"]["managedFields"]}


def deployment(*containers: Body, **spec: object) -> Body:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": list(containers)}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
    }


async def test_a_field_of_another_manager_is_a_conflict_that_names_both(cluster: Cluster) -> None:
    await apply(cluster, "first", config_map(a="1"))
    refused = await apply(cluster, "second", config_map(a="2"))
    assert refused.status_code == 409
    body = refused.json()
    assert body["message"] == 'Apply failed with 1 conflict: conflict with "first": .data.a'
    assert body["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "first"', "field": ".data.a"}
    ]
    assert (await cluster.get(f"{MAPS}/s"))["data"] == {"a": "1"}


async def test_two_managers_may_hold_the_same_value_and_the_field_stays_until_both_let_go(
    cluster: Cluster,
) -> None:
    await apply(cluster, "first", config_map(a="1"))
    assert (await apply(cluster, "second", config_map(a="1"))).status_code == 200
    assert (await apply(cluster, "first", config_map())).json()["data"] == {"a": "1"}
    assert "data" not in (await apply(cluster, "second", config_map())).json()


async def test_force_takes_the_field_over(cluster: Cluster) -> None:
    await apply(cluster, "first", config_map(a="1", b="1"))
    taken = (await apply(cluster, "second", config_map(a="2"), force="true")).json()
    assert taken["data"] == {"a": "2", "b": "1"}
    assert owners(taken) == {"first": {"f:data": {"f:b": {}}}, "second": {"f:data": {"f:a": {}}}}


async def test_what_an_update_changed_conflicts_with_a_later_apply(cluster: Cluster) -> None:
    await apply(cluster, "first", config_map(a="1"))
    await cluster.patch(f"{MAPS}/s", {"data": {"a": "9"}}, fieldManager="person")
    refused = await apply(cluster, "first", config_map(a="1"))
    assert refused.status_code == 409
    assert 'conflict with "person" using v1: .data.a' in refused.json()["message"]


async def test_applying_the_same_again_changes_nothing(cluster: Cluster) -> None:
    body = deployment({"name": "c", "image": "i:1"}, replicas=2)
    first = (await apply(cluster, "argo", body, DEPLOYMENTS)).json()
    again = (await apply(cluster, "argo", body, DEPLOYMENTS)).json()
    assert again == first


async def test_list_items_are_owned_by_their_keys(cluster: Cluster) -> None:
    await apply(cluster, "base", deployment({"name": "c", "image": "i:1"}), DEPLOYMENTS)
    side = {"name": "side", "image": "s:1"}
    env: Body = {"name": "c", "env": [{"name": "A", "value": "1"}]}
    partial = deployment(side, env)
    both = (await apply(cluster, "injector", partial, DEPLOYMENTS)).json()
    found = both["spec"]["template"]["spec"]["containers"]
    assert {one["name"]: one["image"] for one in found} == {"c": "i:1", "side": "s:1"}
    assert next(one for one in found if one["name"] == "c")["env"] == [{"name": "A", "value": "1"}]
    without = (await apply(cluster, "injector", deployment(env), DEPLOYMENTS)).json()
    assert [one["name"] for one in without["spec"]["template"]["spec"]["containers"]] == ["c"]


async def test_ports_that_differ_only_by_protocol_are_two_items(cluster: Cluster) -> None:
    ports = [{"containerPort": 53}, {"containerPort": 53, "protocol": "UDP"}]
    body = deployment({"name": "c", "image": "i:1", "ports": ports})
    made = (await apply(cluster, "m", body, DEPLOYMENTS)).json()
    found = made["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert [one["protocol"] for one in found] == ["TCP", "UDP"]


async def test_a_finalizer_of_another_manager_is_kept(cluster: Cluster) -> None:
    def held(by: str) -> Body:
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "s", "finalizers": [by]}}

    await apply(cluster, "first", held("example.com/a"))
    await apply(cluster, "second", held("example.com/b"))
    left = (await apply(cluster, "first", config_map())).json()
    assert left["metadata"]["finalizers"] == ["example.com/b"]


async def test_a_configuration_with_an_undeclared_field_is_refused(cluster: Cluster) -> None:
    body = deployment({"name": "c", "image": "i:1"}, replicaz=2)
    refused = await apply(cluster, "m", body, DEPLOYMENTS)
    assert refused.status_code == 500
    assert ".spec.replicaz: field not declared in schema" in refused.json()["message"]


async def test_a_status_apply_owns_the_status_only(cluster: Cluster) -> None:
    await apply(cluster, "base", deployment({"name": "c", "image": "i:1"}), DEPLOYMENTS)
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "status": {"conditions": [{"type": "Available", "status": "True", "reason": "x", "message": "y"}]},
    }
    query = {"fieldManager": "controller"}
    answer = await cluster.patch(f"{DEPLOYMENTS}/web/status", body, "apply-patch", **query)
    assert answer.status_code == 200, answer.text
    entry = next(one for one in answer.json()["metadata"]["managedFields"] if one["manager"] == "controller")
    assert entry["subresource"] == "status"
    assert set(entry["fieldsV1"]) == {"f:status"}
    assert answer.json()["spec"]["replicas"] == 1

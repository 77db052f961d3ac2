"""Create, read, update and delete over a real TLS socket."""

from tests.simulator.kube.conftest import Body, Cluster

MAPS = "/api/v1/namespaces/default/configmaps"


def config_map(name: str, **data: str) -> Body:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


async def test_a_created_object_is_read_back_as_it_was_answered(cluster: Cluster) -> None:
    made = await cluster.create(MAPS, config_map("a", k="v"))
    assert made["metadata"]["uid"]
    assert await cluster.get(f"{MAPS}/a") == made


async def test_creating_a_name_twice_is_already_exists(cluster: Cluster) -> None:
    await cluster.create(MAPS, config_map("a"))
    again = await cluster.http.post(MAPS, json=config_map("a"))
    assert (again.status_code, again.json()["reason"]) == (409, "AlreadyExists")


async def test_an_update_from_an_old_state_is_a_conflict_and_changes_nothing(cluster: Cluster) -> None:
    made = await cluster.create(MAPS, config_map("a", k="1"))
    newer = {**made, "data": {"k": "2"}}
    assert (await cluster.http.put(f"{MAPS}/a", json=newer)).status_code == 200
    stale = await cluster.http.put(f"{MAPS}/a", json={**made, "data": {"k": "3"}})
    assert (stale.status_code, stale.json()["reason"]) == (409, "Conflict")
    assert (await cluster.get(f"{MAPS}/a"))["data"] == {"k": "2"}


async def test_a_write_that_changes_nothing_keeps_the_resource_version(cluster: Cluster) -> None:
    made = await cluster.create(MAPS, config_map("a", k="1"))
    put = await cluster.http.put(f"{MAPS}/a", json=made)
    patched = await cluster.patch(f"{MAPS}/a", {"data": {"k": "1"}})
    for answer in (put, patched):
        assert answer.json()["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def test_a_dry_run_answers_as_if_done_and_stores_nothing(cluster: Cluster) -> None:
    made = await cluster.create(MAPS, config_map("a"), dryRun="All")
    assert made["metadata"]["name"] == "a"
    assert (await cluster.http.get(f"{MAPS}/a")).status_code == 404


async def test_a_status_write_touches_only_the_status(cluster: Cluster) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "image": "i:1"}]},
    }
    pods = "/api/v1/namespaces/default/pods"
    made = await cluster.create(pods, pod)
    answer = await cluster.patch(
        f"{pods}/p/status",
        {"metadata": {"labels": {"a": "b"}}, "spec": {"nodeName": "n"}, "status": {"phase": "Running"}},
    )
    now = answer.json()
    assert now["status"]["phase"] == "Running"
    assert now["spec"] == made["spec"]
    assert "labels" not in now["metadata"]


async def test_a_namespace_goes_with_everything_in_it(cluster: Cluster) -> None:
    namespaces = "/api/v1/namespaces"
    await cluster.create(namespaces, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    await cluster.create(f"{namespaces}/shop/configmaps", config_map("a"))
    answer = await cluster.http.delete(f"{namespaces}/shop")
    assert answer.json()["status"]["phase"] == "Terminating"
    await cluster.gone(f"{namespaces}/shop")
    assert (await cluster.http.get(f"{namespaces}/shop/configmaps/a")).status_code == 404

"""Deletion: finalizers, owners, grace, preconditions."""

from tests.simulator.kube.conftest import Body, Cluster

MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def config_map(name: str, owner: Body | None = None, *, blocks: bool = False, **metadata: object) -> Body:
    found: Body = {"name": name, **metadata}
    if owner:
        reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": owner["metadata"]["name"]}
        found["ownerReferences"] = [
            {**reference, "uid": owner["metadata"]["uid"], "blockOwnerDeletion": blocks}
        ]
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": found}


async def delete(cluster: Cluster, path: str, **options: object) -> Body:
    body = {"apiVersion": "v1", "kind": "DeleteOptions", **options}
    answer = await cluster.http.request("DELETE", path, json=body)
    found: Body = answer.json()
    return found


async def test_a_finalizer_holds_an_object_until_it_is_taken_off(cluster: Cluster) -> None:
    await cluster.create(MAPS, config_map("a", finalizers=["example.com/hold"]))
    held = await delete(cluster, f"{MAPS}/a")
    assert held["metadata"]["deletionTimestamp"]
    again = await delete(cluster, f"{MAPS}/a")
    assert again["metadata"]["resourceVersion"] == held["metadata"]["resourceVersion"]
    last = await cluster.patch(f"{MAPS}/a", {"metadata": {"finalizers": None}})
    assert last.status_code == 200
    assert (await cluster.http.get(f"{MAPS}/a")).status_code == 404


async def test_dependents_go_in_the_background_with_their_last_owner(cluster: Cluster) -> None:
    first, second = await cluster.create(MAPS, config_map("o1")), await cluster.create(MAPS, config_map("o2"))
    body = config_map("dependent", first)
    body["metadata"]["ownerReferences"] += config_map("x", second)["metadata"]["ownerReferences"]
    dependent = await cluster.create(MAPS, body)
    await cluster.create(MAPS, config_map("grandchild", dependent))
    await delete(cluster, f"{MAPS}/o1")
    await cluster.gone(f"{MAPS}/o1")
    kept = await cluster.get(f"{MAPS}/dependent")
    assert [one["name"] for one in kept["metadata"]["ownerReferences"]] == ["o2"]
    await delete(cluster, f"{MAPS}/o2")
    await cluster.gone(f"{MAPS}/dependent")
    await cluster.gone(f"{MAPS}/grandchild")


async def test_orphaned_dependents_stay_without_an_owner(cluster: Cluster) -> None:
    owner = await cluster.create(MAPS, config_map("owner"))
    await cluster.create(MAPS, config_map("child", owner))
    await delete(cluster, f"{MAPS}/owner", propagationPolicy="Orphan")
    await cluster.gone(f"{MAPS}/owner")
    assert "ownerReferences" not in (await cluster.get(f"{MAPS}/child"))["metadata"]


async def test_a_foreground_deletion_waits_for_the_dependents_that_block_it(cluster: Cluster) -> None:
    owner = await cluster.create(MAPS, config_map("owner"))
    await cluster.create(MAPS, config_map("child", owner, blocks=True, finalizers=["example.com/hold"]))
    answer = await delete(cluster, f"{MAPS}/owner", propagationPolicy="Foreground")
    assert answer["metadata"]["finalizers"] == ["foregroundDeletion"]
    await cluster.until(f"{MAPS}/child", lambda one: bool(one["metadata"].get("deletionTimestamp")))
    assert (await cluster.http.get(f"{MAPS}/owner")).status_code == 200
    await cluster.patch(f"{MAPS}/child", {"metadata": {"finalizers": None}})
    await cluster.gone(f"{MAPS}/owner")


async def test_an_object_of_an_owner_that_never_was_is_collected(cluster: Cluster) -> None:
    ghost: Body = {"metadata": {"name": "ghost", "uid": "00000000-0000-0000-0000-000000000000"}}
    await cluster.create(MAPS, config_map("child", ghost))
    await cluster.gone(f"{MAPS}/child")


async def test_a_wrong_uid_precondition_keeps_the_object(cluster: Cluster) -> None:
    await cluster.create(MAPS, config_map("a"))
    answer = await delete(cluster, f"{MAPS}/a", preconditions={"uid": "other"})
    assert (answer["code"], answer["reason"]) == (409, "Conflict")
    assert (await cluster.http.get(f"{MAPS}/a")).status_code == 200


async def test_a_pod_on_a_node_is_marked_until_its_kubelet_says_it_ended(cluster: Cluster) -> None:
    spec = {"nodeName": "n", "containers": [{"name": "c", "image": "i:1"}]}
    await cluster.create(PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec})
    marked = await delete(cluster, f"{PODS}/p")
    assert marked["metadata"]["deletionGracePeriodSeconds"] == 30
    sooner = await delete(cluster, f"{PODS}/p", gracePeriodSeconds=5)
    assert sooner["metadata"]["deletionGracePeriodSeconds"] == 5
    await delete(cluster, f"{PODS}/p", gracePeriodSeconds=0)
    assert (await cluster.http.get(f"{PODS}/p")).status_code == 404


async def test_deletecollection_takes_what_the_selector_names(cluster: Cluster) -> None:
    await cluster.create(MAPS, config_map("a", labels={"x": "1"}))
    await cluster.create(MAPS, config_map("b", labels={"x": "2"}))
    answer = await cluster.http.delete(MAPS, params={"labelSelector": "x=1"})
    assert [one["metadata"]["name"] for one in answer.json()["items"]] == ["a"]
    assert (await cluster.http.get(f"{MAPS}/a")).status_code == 404
    assert (await cluster.http.get(f"{MAPS}/b")).status_code == 200


async def test_nothing_can_be_created_in_a_namespace_that_is_going(cluster: Cluster) -> None:
    namespaces = "/api/v1/namespaces"
    await cluster.create(namespaces, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    inside = f"{namespaces}/shop/configmaps"
    await cluster.create(inside, config_map("held", finalizers=["example.com/hold"]))
    await delete(cluster, f"{namespaces}/shop")
    refused = await cluster.http.post(inside, json=config_map("new"))
    assert refused.status_code == 403
    assert refused.json()["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    await cluster.until(f"{namespaces}/shop", lambda one: bool(one["status"].get("conditions")))
    await cluster.patch(f"{inside}/held", {"metadata": {"finalizers": None}})
    await cluster.gone(f"{namespaces}/shop")


async def test_a_definition_takes_its_objects_with_it(cluster: Cluster) -> None:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "Toy", "plural": "toys"}
    spec = {"group": "t.io", "names": names, "scope": "Cluster", "versions": [version]}
    kind = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    await cluster.create(CRDS, {**kind, "metadata": {"name": "toys.t.io"}, "spec": spec})
    toy = {"apiVersion": "t.io/v1", "kind": "Toy", "metadata": {"name": "bear", "finalizers": ["t.io/hold"]}}
    await cluster.create("/apis/t.io/v1/toys", toy)
    await delete(cluster, f"{CRDS}/toys.t.io")
    await cluster.until("/apis/t.io/v1/toys/bear", lambda one: bool(one["metadata"].get("deletionTimestamp")))
    await cluster.patch("/apis/t.io/v1/toys/bear", {"metadata": {"finalizers": None}})
    await cluster.gone(f"{CRDS}/toys.t.io")
    assert (await cluster.http.get("/apis/t.io/v1/toys")).status_code == 404


async def test_a_job_leaves_its_pods_behind_unless_told_and_says_so(cluster: Cluster) -> None:
    jobs, spec = "/apis/batch/v1/namespaces/default/jobs", {"containers": [{"name": "c", "image": "i:1"}]}
    template = {"spec": {**spec, "restartPolicy": "Never"}}
    for name, body, warns in (("a", None, True), ("b", {"propagationPolicy": "Background"}, False)):
        job = await cluster.create(jobs, {"metadata": {"name": name}, "spec": {"template": template}})
        owner = {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": job["metadata"]["uid"]}
        owned = {"metadata": {"name": name, "ownerReferences": [owner]}, "spec": spec}
        await cluster.create("/api/v1/namespaces/default/pods", owned)
        answer = await cluster.http.request("DELETE", f"{jobs}/{name}", json=body)
        assert ("child pods are preserved" in answer.headers.get("warning", "")) is warns
        await cluster.gone(f"{jobs}/{name}")
    kept = await cluster.get("/api/v1/namespaces/default/pods/a")
    assert "ownerReferences" not in kept["metadata"]
    await cluster.gone("/api/v1/namespaces/default/pods/b")

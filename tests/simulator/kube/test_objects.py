"""Create, read, update and delete over a real TLS socket."""

import pytest
import yaml

from tests.simulator.kube.conftest import Body, Cluster
from tests.simulator.kube.kubelet import pod_on

MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": "5"}


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


async def test_a_status_write_touches_the_status_and_metadata_but_no_owner(cluster: Cluster) -> None:
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
        {
            "metadata": {"labels": {"a": "b"}, "ownerReferences": [OWNER]},
            "spec": {"nodeName": "n"},
            "status": {"phase": "Running"},
        },
    )
    now = answer.json()
    assert now["status"]["phase"] == "Running"
    assert now["spec"] == made["spec"]
    assert now["metadata"]["labels"] == {"a": "b"}
    assert "ownerReferences" not in now["metadata"]
    wrong = await cluster.patch(f"{pods}/p/status", {"spec": {"containers": "none"}, "status": {}})
    assert wrong.status_code == 422, wrong.text
    assert "cannot unmarshal string into Go struct field PodSpec.spec.containers" in wrong.text


async def test_a_deployments_revision_is_written_through_its_status_without_a_new_generation(
    cluster: Cluster,
) -> None:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    await cluster.create(DEPLOYMENTS, {"metadata": {"name": "web"}, "spec": spec})
    metadata = {"annotations": {"revision": "1"}, "labels": {"not": "taken"}}
    answer = await cluster.patch(f"{DEPLOYMENTS}/web/status", {"metadata": metadata})
    now = answer.json()["metadata"]
    assert (now["annotations"], now["generation"], "labels" in now) == ({"revision": "1"}, 1, False)


async def test_zero_is_kept_only_where_it_can_be_told_from_unset(cluster: Cluster) -> None:
    spec = {"replicas": 0, "minReadySeconds": 0, "paused": False}
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
    body = {"selector": {"matchLabels": labels}, "template": template, **spec}
    made = await cluster.create(DEPLOYMENTS, {"metadata": {"name": "web"}, "spec": body})
    assert {key: made["spec"][key] for key in spec if key in made["spec"]} == {"replicas": 0}


async def test_a_namespace_goes_with_everything_in_it(cluster: Cluster) -> None:
    namespaces = "/api/v1/namespaces"
    await cluster.create(namespaces, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    await cluster.create(f"{namespaces}/shop/configmaps", config_map("a"))
    answer = await cluster.http.delete(f"{namespaces}/shop")
    assert answer.json()["status"]["phase"] == "Terminating"
    await cluster.gone(f"{namespaces}/shop")
    assert (await cluster.http.get(f"{namespaces}/shop/configmaps/a")).status_code == 404


async def test_an_event_is_the_same_in_both_groups(cluster: Cluster) -> None:
    core, newer = "/api/v1/namespaces/default/events", "/apis/events.k8s.io/v1/namespaces/default/events"
    about = {"kind": "Pod", "name": "p", "namespace": "default"}
    body = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": "e"},
        "regarding": about,
        "reason": "BackOff",
        "note": "again",
        "type": "Warning",
        "reportingController": "kubelet",
        "reportingInstance": "n",
        "action": "Restart",
        "eventTime": "2026-01-01T00:00:00.000000Z",
    }
    made = await cluster.create(newer, body)
    assert (made["apiVersion"], made["note"], made["regarding"]) == ("events.k8s.io/v1", "again", about)
    found = (await cluster.get(core, fieldSelector="involvedObject.name=p"))["items"]
    assert [(one["message"], one["involvedObject"]) for one in found] == [("again", about)]
    await cluster.patch(f"{newer}/e", {"note": "and again"})
    assert (await cluster.get(f"{core}/e"))["message"] == "and again"
    listed = (await cluster.get(newer, fieldSelector="regarding.name=p"))["items"]
    assert [one["note"] for one in listed] == ["and again"]


async def test_a_yaml_body_and_a_yaml_answer(cluster: Cluster) -> None:
    headers = {"Content-Type": "application/yaml", "Accept": "application/yaml"}
    body = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\ndata: {when: 2026-01-01}\n"
    answer = await cluster.http.post(MAPS, content=body, headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["content-type"] == "application/yaml"
    assert yaml.safe_load(answer.text)["data"] == {"when": "2026-01-01"}


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        pytest.param({"Content-Type": "text/csv"}, 415, id="body"),
        pytest.param({"Accept": "text/csv"}, 406, id="answer"),
    ],
)
async def test_an_unknown_format_is_refused(cluster: Cluster, headers: dict[str, str], code: int) -> None:
    answer = await cluster.http.post(MAPS, json=config_map("a"), headers=headers)
    assert answer.status_code == code


async def test_a_pod_is_assigned_to_a_node_by_its_binding_alone(cluster: Cluster) -> None:
    pods = "/api/v1/namespaces/default/pods"
    spec = {"containers": [{"name": "c", "image": "i:1"}]}
    await cluster.create(pods, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec})
    refused = await cluster.patch(f"{pods}/p", {"spec": {"nodeName": "n"}})
    assert refused.status_code == 422
    assert "spec: Forbidden: pod updates may not change fields other than" in refused.json()["message"]
    binding = {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": "p"},
        "target": {"kind": "Node", "name": "n"},
    }
    assert (await cluster.http.post(f"{pods}/p/binding", json=binding)).status_code == 201
    bound = await cluster.get(f"{pods}/p")
    assert bound["spec"]["nodeName"] == "n"
    assert [(c["type"], c["status"]) for c in bound["status"]["conditions"]] == [("PodScheduled", "True")]
    assert (await cluster.http.post(f"{pods}/p/binding", json=binding)).status_code == 409
    image = {"spec": {"containers": [{"name": "c", "image": "i:2"}]}}
    assert (await cluster.patch(f"{pods}/p", image, "strategic-merge-patch")).status_code == 200


async def test_a_log_of_a_node_without_a_kubelet_says_so(cluster: Cluster) -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}
    await cluster.create("/api/v1/nodes", node)
    await pod_on(cluster, "p", "n")
    log = "/api/v1/namespaces/default/pods/p/log"
    answer = await cluster.http.get(log)
    assert answer.status_code == 500
    assert "no preferred addresses" in answer.json()["message"]
    status = {
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 1}},
    }
    await cluster.patch("/api/v1/nodes/n/status", {"status": status})
    assert (await cluster.http.get(log)).status_code == 500


async def test_defaults_are_the_real_servers(cluster: Cluster) -> None:
    made = await cluster.create(
        "/api/v1/namespaces/default/services",
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}},
    )
    assert made["spec"]["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    assert (made["spec"]["type"], made["spec"]["sessionAffinity"]) == ("ClusterIP", "None")
    assert made["spec"]["clusterIPs"] == [made["spec"]["clusterIP"]]
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}
    job = await cluster.create(
        "/apis/batch/v1/namespaces/default/jobs",
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {"template": template}},
    )
    assert [job["spec"][key] for key in ("backoffLimit", "completions", "parallelism")] == [6, 1, 1]
    assert (
        job["spec"]["selector"]["matchLabels"].items()
        <= job["spec"]["template"]["metadata"]["labels"].items()
    )
    assert job["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] == "Always"


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
async def test_tables_and_metadata_come_in_the_version_asked_for(cluster: Cluster, version: str) -> None:
    def accepts(kind: str) -> dict[str, str]:
        return {"Accept": f"application/json;as={kind};g=meta.k8s.io;v={version}"}

    partial = accepts("PartialObjectMetadata")
    made = await cluster.http.post(MAPS, json=config_map("a", k="v"), headers=partial)
    assert {*made.json()} == {"kind", "apiVersion", "metadata"}
    listed = await cluster.http.get(MAPS, headers=accepts("PartialObjectMetadataList"))
    table = await cluster.http.get(MAPS, headers=accepts("Table"))
    assert {one.json()["apiVersion"] for one in (made, listed, table)} == {f"meta.k8s.io/{version}"}
    assert table.json()["rows"][0]["object"]["apiVersion"] == f"meta.k8s.io/{version}"


@pytest.mark.parametrize(
    ("patch", "code", "ends"),
    [
        (
            {"spec": {"replicas": -1}},
            422,
            (
                'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: '
                "must be greater than or equal to 0"
            ),
        ),
        (
            {"spec": {"replicas": "x"}},
            422,
            "json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32",
        ),
        (
            {"metadata": {"name": "other"}},
            400,
            "the name of the object (other) does not match the name on the URL (web)",
        ),
        ({"spec": {"replicas": 3}}, 200, ""),
    ],
)
async def test_a_scale_is_judged_as_an_object_of_its_own(
    cluster: Cluster, patch: Body, code: int, ends: str
) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    await cluster.create(DEPLOYMENTS, {"metadata": {"name": "web"}, "spec": spec})
    answer = await cluster.patch(f"{DEPLOYMENTS}/web/scale", patch)
    assert answer.status_code == code, answer.text
    assert answer.json().get("message", "").endswith(ends)

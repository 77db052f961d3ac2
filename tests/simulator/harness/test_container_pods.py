"""A world whose computes, caches and pods are containers: a service reaches both by the names it is given."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from simulator.backends.containers import removal, wire
from simulator.backends.containers.marks import RUN
from tests.simulator.engines import engine_url
from tests.simulator.harness.worlds import World, environment, simulator
from tests.simulator.toy_image import toy_image
from tests.simulator.waiting import hold_until

pytestmark = [pytest.mark.containers, pytest.mark.e2e]
SECONDS = 60.0
_KEYS = ("DRAGONFLY_HOST", "DRAGONFLY_PORT", "DRAGONFLY_PASSWORD")


def _service(image: str, **container: Any) -> str:
    ready = {"httpGet": {"path": "/ready", "port": 3000}, "periodSeconds": 1, "timeoutSeconds": 5}
    each = {
        "name": "app",
        "image": image,
        "ports": [{"containerPort": 3000}],
        "envFrom": [{"secretRef": {"name": "app-db"}}, {"secretRef": {"name": "canary-conn"}}],
        "readinessProbe": ready,
        **container,
    }
    migrate = {"name": "migrate", "image": image, "args": ["migrate"], "envFrom": each["envFrom"][:1]}
    template = {
        "metadata": {"labels": {"app": "app"}},
        "spec": {"initContainers": [migrate], "containers": [each]},
    }
    return json.dumps(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "app", "namespace": "default"},
            "spec": {"selector": {"matchLabels": {"app": "app"}}, "template": template},
        }
    )


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    with toy_image(engine_url("postgres", "dragonfly", "localstack")) as built:
        yield built


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    url = engine_url("postgres", "dragonfly")
    temporary = tmp_path_factory.mktemp("contained") / "tmp"
    env = environment(temporary, DOCKER_HOST=url, TESTCONTAINERS_RYUK_DISABLED="true")
    with World(temporary, "--postgres", "container", "--pods", "container", env=env) as running:
        yield running
    assert removal.marked(url, f"{RUN}={running.told['run_id']}") == []


@pytest.fixture(scope="module")
def database(world: World) -> str:
    """The connection string of a database of the world."""
    project = world.told["neon_projects"]["dev"]
    key = Path(world.told["neon_api_key_file"]).read_text()
    headers = {"Authorization": f"Bearer {key}"}
    params = {"role_name": "neondb_owner", "database_name": "neondb"}
    with httpx.Client(headers=headers, trust_env=False, timeout=30) as client:
        answer = client.get(f"{world.told['neon_url']}/projects/{project}/connection_uri", params=params)
    return str(answer.raise_for_status().json()["uri"])


def test_what_stands_for_what_is_told(world: World) -> None:
    assert world.told["tiers"] | {"ssm": "", "cluster": ""} == {
        "postgres": "container",
        "ssm": "",
        "cache": "container",
        "cluster": "",
        "pods": "container",
    }
    rows = {row["name"]: row for row in world.told["backends"]}
    assert [rows[name]["tier"] for name in ("postgres", "cache", "kubelet")] == ["container"] * 3
    assert rows["postgres"]["version"]
    answer = world.kubectl("get", "nodes", "-o", "json")
    info = json.loads(answer)["items"][0]["status"]["nodeInfo"]
    assert info["containerRuntimeVersion"].startswith("docker://")


def test_a_connection_string_works_on_this_machine_too(database: str) -> None:
    with psycopg.connect(database, connect_timeout=20, sslrootcert="none") as session:
        assert session.execute("SELECT 1").fetchone() == (1,)


@pytest.fixture(scope="module")
def service(world: World, image: str, database: str) -> World:
    """The world with a service that is available, its cache and its database."""
    world.deploy_a_cache()
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "app-db", "namespace": "default"},
        "stringData": {"DATABASE_URL": database},
    }
    world.kubectl("apply", "-f", "-", stdin=json.dumps(secret))
    world.kubectl("apply", "-f", "-", stdin=_service(image))
    hold_until(lambda: "app-" in world.kubectl("get", "pods", "-o", "name"))
    world.kubectl("wait", "--for=condition=Available", "deployment/app", f"--timeout={SECONDS:.0f}s")
    return world


def test_a_service_in_a_container_reaches_its_database_and_its_cache(service: World, database: str) -> None:
    log = service.kubectl("logs", "deployment/app")
    assert "check database: ok (PostgreSQL 17" in log
    assert "check cache: ok (canary.default.svc.cluster.local:6379" in log
    assert "migrated to version 1" in service.kubectl("logs", "deployment/app", "-c", "migrate")
    assert database not in log


def test_the_front_is_reached_by_host_names_without_the_address_too(
    world: World, image: str, database: str
) -> None:
    """As clients do that know nothing of `hostaddr`."""
    host = database.split("@")[1].split(":", maxsplit=1)[0]
    code = f"import socket; socket.create_connection(({host!r}, {_port(database)}), 5); print('reached')"
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "plain", "namespace": "default"},
        "spec": {
            "restartPolicy": "Never",
            "containers": [{"name": "app", "image": image, "command": ["python3", "-c", code]}],
        },
    }
    world.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    hold_until(lambda: "reached" in world.kubectl("logs", "plain"), SECONDS)


def test_no_secret_is_among_the_words_a_container_is_started_with(service: World, database: str) -> None:
    conn = json.loads(service.kubectl("get", "secret", "canary-conn", "-o", "json"))["data"]
    assert set(_KEYS) <= set(conn)
    password = database.split(":")[2].split("@", maxsplit=1)[0]
    told = "\n".join(service.commands())
    assert password not in told
    url = engine_url()
    run = service.told["run_id"]
    _, containers = wire.call(url, "GET", "/containers/json", wire.with_label(f"{RUN}={run}"))
    assert containers
    for each in containers:
        _, found = wire.call(url, "GET", f"/containers/{each['Id']}/json")
        assert password not in json.dumps(
            [found["Config"]["Cmd"], found["Config"]["Entrypoint"], found["Args"]]
        )


def test_caches_alone_may_be_containers(tmp_path: Path) -> None:
    url = engine_url("dragonfly")
    env = environment(tmp_path / "tmp", DOCKER_HOST=url, TESTCONTAINERS_RYUK_DISABLED="true")
    with World(tmp_path / "tmp", "--cache", "container", env=env) as world:
        world.deploy_a_cache()
        pod = json.loads(world.kubectl("get", "pod", "canary-0", "-o", "json"))
        assert pod["status"]["containerStatuses"][0]["containerID"].startswith("docker://")
        run = world.told["run_id"]
        assert removal.marked(url, f"{RUN}={run}")
    assert removal.marked(url, f"{RUN}={run}") == []


def test_pods_that_are_containers_refuse_a_cache_that_is_a_process(tmp_path: Path) -> None:
    refused = simulator(tmp_path / "tmp", "up", "--pods", "container", "--cache", "embedded")
    assert refused.returncode == 1
    assert refused.stderr == (
        "Pods that are containers cannot reach a cache that is a process: leave out --cache embedded.\n"
    )


def _port(uri: str) -> int:
    return int(uri.split("@")[1].split(":")[1].split("/", maxsplit=1)[0])

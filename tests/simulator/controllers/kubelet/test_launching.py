"""What a runtime is told: mounts, limits, users, names and logins, from what a pod's specification says."""

import base64
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from simulator.controllers.kinds import Object
from simulator.controllers.runtime import images
from simulator.controllers.runtime.interface import Launch, Login, Mount
from simulator.controllers.runtime.reach import accepts, listens
from simulator.controllers.virtual_kubelet import launching, pull_secrets, services
from simulator.controllers.virtual_kubelet.quantities import value

POD: Object = {
    "metadata": {"name": "web-0", "namespace": "prod", "uid": "0123456789", "labels": {"app": "web"}},
    "spec": {
        "hostname": "web-0",
        "subdomain": "web",
        "securityContext": {"runAsUser": 1000},
        "volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0"}},
            {"name": "scratch", "emptyDir": {}},
            {"name": "settings", "configMap": {"name": "settings"}},
            {"name": "kube-api-access-x", "projected": {}},
        ],
    },
}


class Around:
    """A pod's surroundings, without a node."""

    pod = POD
    directory = Path("/pods/web-0")

    def log(self, container: str, restarts: int) -> Path:
        return Path(f"/logs/{container}/{restarts}.log")

    def data(self, _: Object) -> None:
        return None

    def names(self) -> frozenset[str]:
        return frozenset({"web.prod"})


def launched(**spec: Any) -> Launch:
    whole = {"name": "app", "image": "app:1", **spec}
    return launching.launch(Around(), whole, {"A": "b"}, run=2)  # type: ignore[arg-type]  # what is asked of it


def mounts(*names: str) -> list[Object]:
    return [{"name": name, "mountPath": f"/{name}"} for name in names]


def test_claims_and_empty_directories_are_mounted_and_others_are_told() -> None:
    spec = {"volumeMounts": mounts("data", "scratch", "settings", "kube-api-access-x")}
    assert launched(**spec).mounts == [
        Mount("claim-prod-data-web-0", "/data"),
        Mount("empty-0123456789-scratch", "/scratch", brief=True),
    ]
    assert launching.unmounted(POD, spec) == ["settings"]


def test_command_arguments_limits_and_user_are_the_specifications() -> None:
    limits = {"limits": {"memory": "64Mi", "cpu": "250m"}}
    told = launched(command=["run", "$(A)"], args=["$(B)"], resources=limits, workingDir="/srv")
    assert (told.command, told.args) == (["run", "b"], ["$(B)"])
    assert (told.memory, told.cpus, told.user) == (64 * 1024 * 1024, 0.25, "1000")
    assert (told.name, told.working_directory) == ("prod-web-0-01234567-app-2", "/srv")
    own = launched(securityContext={"runAsUser": 5, "runAsGroup": 6, "readOnlyRootFilesystem": True})
    assert (own.user, own.read_only, own.memory, own.cpus) == ("5:6", True, None, None)


def test_what_a_container_is_started_with_is_not_shown() -> None:
    assert "secret" not in repr(launched(command=["secret"], args=["secret"]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", 1), ("500m", 0.5), ("1k", 1000), ("1Ki", 1024), ("1.5Gi", 1.5 * 1024**3), ("2e3", 2000), (2, 2)],
)
def test_quantities_are_numbers(text: str | float, expected: float) -> None:
    assert value(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "x", "1x", "m"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        value(text)


def test_a_pod_is_known_by_the_services_that_select_it_and_by_its_place_in_a_headless_one() -> None:
    def service(name: str, namespace: str, selector: Object | None) -> Object:
        return {"metadata": {"name": name, "namespace": namespace}, "spec": {"selector": selector}}

    found = services.names(
        POD,
        [
            service("web", "prod", {"app": "web"}),
            service("other", "prod", {"app": "other"}),
            service("abroad", "dev", {"app": "web"}),
            service("all", "prod", None),
        ],
    )
    forms = (".prod", ".prod.svc", ".prod.svc.cluster.local")
    assert found == {name + form for name in ("web", "web-0.web") for form in forms}


def docker_config(**auths: Object) -> Object:
    document = {"auths": {name.replace("__", "."): entry for name, entry in auths.items()}}
    data = {".dockerconfigjson": base64.b64encode(json.dumps(document).encode()).decode()}
    return {"type": "kubernetes.io/dockerconfigjson", "data": data}


def test_a_pull_secret_says_who_one_is_to_which_registry() -> None:
    packed = base64.b64encode(b"me:pass:word").decode()
    secret = docker_config(ghcr__io={"username": "u", "password": "p"}, example__com={"auth": packed})
    assert pull_secrets.logins(secret) == [
        Login("ghcr.io", "u", "p"),
        Login("example.com", "me", "pass:word"),
    ]
    assert "pass" not in repr(pull_secrets.logins(secret))


@pytest.mark.parametrize("data", [{}, {".dockerconfigjson": "e30="}, {".dockerconfigjson": "!"}, None])
def test_a_pull_secret_without_what_its_type_promises_holds_nothing(data: Object | None) -> None:
    assert pull_secrets.logins({"type": "kubernetes.io/dockerconfigjson", "data": data}) == []


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("postgres:17", "docker.io"),
        ("me/app", "docker.io"),
        ("ghcr.io/me/app:1", "ghcr.io"),
        ("localhost/app", "localhost"),
        ("127.0.0.1:5000/app", "127.0.0.1:5000"),
    ],
)
def test_an_image_names_its_registry(image: str, expected: str) -> None:
    assert images.registry(image) == expected


@contextmanager
def server(*, hangs_up: bool) -> Iterator[int]:
    """Accepts; hangs up at once, as a relay with nobody behind it, or holds the connection."""
    held = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                if hangs_up:
                    connection.close()
                else:
                    held.append(connection)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in held:
        connection.close()


async def test_a_relay_that_hangs_up_at_once_is_nobody_listening() -> None:
    with server(hangs_up=True) as relay, server(hangs_up=False) as listener:
        assert await accepts(relay)
        assert not await listens(relay)
        assert await listens(listener)
    assert not await listens(relay)

"""Whatever is wrong with an engine or an image is one sentence with the way out."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from simulator.backends.containers import facts, failures
from simulator.backends.containers.engine import Engine
from simulator.backends.containers.failures import Cause, ContainersUnavailable, ImageUnavailable, classify
from simulator.backends.containers.images import Images
from simulator.backends.containers.marks import Marks
from simulator.backends.containers.pulling import Progress
from tests.simulator.backends.containers import fake_engine

CREATE = "POST /images/create"


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        pytest.param(
            'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
            Cause.NO_NETWORK,
            id="no-name",
        ),
        pytest.param(
            'Get "https://registry-1.docker.io/v2/": net/http: request canceled while waiting for connection'
            " (Client.Timeout exceeded while awaiting headers)",
            Cause.NO_NETWORK,
            id="timeout",
        ),
        pytest.param(
            'Get "https://r.corp/v2/": x509: certificate signed by unknown authority',
            Cause.NO_NETWORK,
            id="tls",
        ),
        pytest.param(
            "toomanyrequests: You have reached your unauthenticated pull rate limit.",
            Cause.RATE_LIMIT,
            id="rate",
        ),
        pytest.param(
            "pull access denied for corp/x, repository does not exist or may require 'docker login': denied:"
            " requested access to the resource is denied",
            Cause.LOGIN,
            id="denied",
        ),
        pytest.param(
            "Head https://r.corp/v2/x: unauthorized: authentication required", Cause.LOGIN, id="401"
        ),
        pytest.param("manifest for postgres:99 not found: manifest unknown", Cause.NOT_FOUND, id="no-tag"),
        pytest.param(
            "no matching manifest for linux/arm64/v8 in the manifest list entries",
            Cause.ARCHITECTURE,
            id="arch",
        ),
        pytest.param("exec /usr/bin/x: exec format error", Cause.ARCHITECTURE, id="exec"),
        pytest.param(
            "write /var/lib/docker/tmp/GetImageBlob1: no space left on device",
            Cause.DISK_FULL,
            id="disk-pull",
        ),
        pytest.param(
            "mkdir /var/lib/docker/overlay2/x: no space left on device", Cause.DISK_FULL, id="disk-create"
        ),
        pytest.param(
            "driver failed programming external connectivity: Bind for 127.0.0.1:5432 failed: port is already"
            " allocated",
            Cause.PORT_TAKEN,
            id="port",
        ),
        pytest.param(
            'Conflict. The container name "/x" is already in use by "1234".',
            Cause.NAME_TAKEN,
            id="name",
        ),
        pytest.param("network with name zerotouch-r1-network already exists", Cause.NAME_TAKEN, id="network"),
        pytest.param("something never seen", Cause.OTHER, id="other"),
    ],
)
def test_a_cause_is_told_by_what_engines_and_registries_say(words: str, cause: Cause) -> None:
    assert classify(words) is cause
    for told in (str(failures.of_pull("x:1", words)), str(failures.of_call("starting x", words))):
        assert told.endswith(".")
        assert "\n" not in told


def test_what_is_not_known_is_told_in_the_engines_own_words_on_one_line() -> None:
    told = str(failures.of_call("starting x", "OCI runtime\ncreate failed: " + "y" * 400))
    assert told.startswith("starting x failed: the engine says: OCI runtime create failed: yyy")
    assert len(told) < 300


def test_nobody_at_the_address(short: Path) -> None:
    with pytest.raises(ContainersUnavailable, match="There is no container engine at unix:") as raised:
        facts.check(f"unix://{short}/none.sock")
    assert raised.value.cause is Cause.ABSENT


def test_a_socket_nobody_listens_at(short: Path) -> None:
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(short / "s"))
    with pytest.raises(ContainersUnavailable, match="is not running: start Docker") as raised:
        facts.check(f"unix://{short}/s")
    assert raised.value.cause is Cause.NOT_RUNNING


def test_a_socket_of_somebody_else(short: Path) -> None:
    code = (
        "import os, sys\nfrom simulator.backends.containers import facts\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setuid(65534)\n"
        "try: facts.check(sys.argv[1])\nexcept Exception as error: print(error.cause.name, error)"
    )
    short.chmod(0o711)
    with fake_engine.engine(short) as url:
        (short / "engine.sock").chmod(0)
        told = subprocess.run(
            [sys.executable, "-c", code, url], env={"PYTHONPATH": os.pathsep.join(sys.path)}, check=True,
            capture_output=True, text=True,
        ).stdout  # fmt: skip
    assert told.startswith("NO_PERMISSION You may not use the container engine at unix:")
    assert "usermod -aG docker" in told


def test_an_engine_that_is_silent(short: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(short / "s"))
        silent.listen()
        with pytest.raises(ContainersUnavailable, match="does not answer") as raised:
            facts.check(f"unix://{short}/s", seconds=0.1)
    assert raised.value.cause is Cause.SILENT


def test_an_engine_that_is_too_old(short: Path) -> None:
    old = {"GET /version": (200, {**fake_engine.VERSION, "ApiVersion": "1.38"})}
    with (
        fake_engine.engine(short, old) as url,
        pytest.raises(ContainersUnavailable, match=r"too old \(API 1\.38; 1\.41 is needed\)") as raised,
    ):
        facts.check(url)
    assert raised.value.cause is Cause.TOO_OLD


def test_something_that_is_no_engine(short: Path) -> None:
    with (
        fake_engine.engine(short, {"GET /version": (200, {"message": "hello"})}) as url,
        pytest.raises(ContainersUnavailable, match="cannot be used"),
    ):
        facts.check(url)


@pytest.mark.parametrize(
    ("answer", "cause", "says"),
    [
        pytest.param(
            (500, {"message": 'Get "https://r/v2/": dial tcp: lookup r: no such host'}),
            Cause.NO_NETWORK,
            "its registry cannot be reached",
            id="no-network",
        ),
        pytest.param(
            (429, {"message": "toomanyrequests: rate limit"}), Cause.RATE_LIMIT, "rate limit", id="rate-limit"
        ),
        pytest.param(
            (
                404,
                {"message": "pull access denied for x, may require 'docker login'"},
            ),
            Cause.LOGIN,
            "log in",
            id="login",
        ),
        pytest.param(
            (404, {"message": "manifest for x:1 not found: manifest unknown"}),
            Cause.NOT_FOUND,
            "its registry has none of that name",
            id="not-found",
        ),
        pytest.param(
            (200, [{"status": "Pulling fs layer", "id": "a"}, {"error": "write x: no space left on device"}]),
            Cause.DISK_FULL,
            "the engine's disk is full",
            id="disk-full-on-the-way",
        ),
        pytest.param(
            (200, [{"status": "Pulling"}, {"error": "no matching manifest for linux/amd64"}]),
            Cause.ARCHITECTURE,
            "none for this machine's processor",
            id="architecture",
        ),
    ],
)
async def test_a_pull_that_fails_names_the_image_and_how_to_name_another(
    short: Path, monkeypatch: pytest.MonkeyPatch, answer: tuple[int, Any], cause: Cause, says: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "")
    with fake_engine.engine(short, {CREATE: answer}) as url:
        engine = Engine(url, Marks("r", short))
        with pytest.raises(ImageUnavailable) as raised:
            await engine.obtain(Images(), "localstack", lambda _: None)
        await engine.close()
    assert raised.value.cause is cause
    told = str(raised.value)
    assert told.startswith("The image localstack/localstack:4.14.0 cannot be used: ")
    assert says in told
    assert "--image localstack=REF or ZEROTOUCH_IMAGE_LOCALSTACK" in told


async def test_an_image_for_another_processor_is_refused_before_it_is_started(
    short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "")
    there = {"GET /images/postgres:17/json": (200, {"Id": "sha256:1", "Architecture": "riscv64"})}
    with fake_engine.engine(short, there) as url:
        engine = Engine(url, Marks("r", short))
        with pytest.raises(ImageUnavailable, match="it is for riscv64, and this engine runs amd64"):
            await engine.obtain(Images(), "postgres", lambda _: None)
        await engine.close()


async def test_a_call_that_takes_too_long_is_given_up(short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "")
    enough = threading.Event()
    with fake_engine.engine(short) as url:
        engine = Engine(url, Marks("r", short))
        with pytest.raises(ContainersUnavailable, match=r"does not answer \(waiting, 0 s\)") as raised:
            await engine.call("waiting", lambda _: enough.wait(), seconds=0.05)
        enough.set()
        await engine.close()
    assert raised.value.cause is Cause.SILENT


def test_progress_is_told_once_a_second_in_bytes_and_layers() -> None:
    progress = Progress("x:1", 0.0)
    layers: list[dict[str, Any]] = [{"status": "Pulling fs layer", "id": name} for name in "ab"]
    half: dict[str, Any] = {
        "status": "Downloading",
        "id": "a",
        "progressDetail": {"current": 5_000_000, "total": 10_000_000},
    }
    assert [progress.line(each, 0.1) for each in (*layers, half)] == [None] * 3
    assert progress.line(half, 1.2) == "pulling x:1: 5 of 10 MB, 0 of 2 layers"
    assert progress.line({"status": "Pull complete", "id": "a"}, 1.3) is None
    assert (
        progress.line({"status": "Already exists", "id": "c"}, 2.4)
        == "pulling x:1: 5 of 10 MB, 2 of 3 layers"
    )

"""Where the engine is looked for, and what is said when there is none."""

import socket
from pathlib import Path

import pytest

from simulator.backends.containers.discovery import find
from simulator.backends.containers.failures import Cause, ContainersUnavailable


@pytest.mark.parametrize("given", ["unix:///run/x.sock", "tcp://127.0.0.1:2375", "tcp://localhost:1"])
def test_the_environment_names_an_engine_of_this_machine(given: str, tmp_path: Path) -> None:
    assert find({"DOCKER_HOST": given}, tmp_path) == given


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param({"DOCKER_HOST": "ssh://build@example.com"}, id="ssh"),
        pytest.param({"DOCKER_HOST": "tcp://192.0.2.1:2375"}, id="another-machine"),
        pytest.param({"DOCKER_HOST": "tcp://127.0.0.1:2376", "DOCKER_TLS_VERIFY": "1"}, id="tls"),
        pytest.param({"DOCKER_CONTEXT": "colima"}, id="context"),
    ],
)
def test_an_engine_that_cannot_be_used_is_told_with_the_way_out(
    environ: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(ContainersUnavailable, match=r"DOCKER_HOST.*leave out the options") as raised:
        find(environ, tmp_path)
    assert raised.value.cause is Cause.ELSEWHERE


def test_a_default_context_is_no_context(tmp_path: Path) -> None:
    environ = {"DOCKER_CONTEXT": "default", "DOCKER_HOST": "unix:///x"}
    assert find(environ, tmp_path) == "unix:///x"


@pytest.mark.skipif(Path("/var/run/docker.sock").exists(), reason="the usual socket comes first")
def test_usual_sockets_are_found_and_ordinary_files_are_not(short: Path) -> None:
    (short / ".docker/run").mkdir(parents=True)
    (short / ".docker/run/docker.sock").touch()
    colima = short / ".colima/default/docker.sock"
    colima.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(colima))
        assert find({}, short) == f"unix://{colima}"
        rootless = short / "docker.sock"
        with socket.socket(socket.AF_UNIX) as first:
            first.bind(str(rootless))
            assert find({"XDG_RUNTIME_DIR": str(short)}, short) == f"unix://{rootless}"


@pytest.mark.skipif(Path("/var/run/docker.sock").exists(), reason="there is an engine")
@pytest.mark.skipif(Path("/run/podman/podman.sock").exists(), reason="there is an engine")
def test_without_any_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(
        ContainersUnavailable, match=r"No container engine was found: install and start Docker"
    ):
        find({}, tmp_path)

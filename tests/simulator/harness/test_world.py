"""What a world offers: endpoints that answer, files that clients read, its state, rules that can change."""

import base64
import json
import os
import re
import signal
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import httpx
import pytest
import yaml
from botocore.config import Config

from tests.simulator.families import running
from tests.simulator.harness.worlds import World, simulator
from tests.simulator.neon.schema import judged
from tests.simulator.sockets import listening
from tests.simulator.waiting import hold_until

CANARY = "canary-2b9d-parameter"
PROMISED = {
    "run_dir", "run_id", "pid", "supervisor_pid", "started_at", "seed", "speed", "kubeconfig", "neon_url",
    "neon_api_key_file", "ssm_url", "s3_url", "aws_region", "aws_config_file", "aws_credentials_file",
    "neon_personal_api_key_file",
    "aws_admin_credentials_file", "hetzner_url", "hetzner_region", "hetzner_credentials_file",
    "tenants_repo", "control_url", "control_token_file", "neon_projects", "backends", "phases", "gateway_log",
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world") / "tmp", "--seed", "7", "--speed", "2") as up:
        yield up


def _ssm(world: World) -> Any:
    """A client as any program makes it: by environment and files, nothing else said."""
    env = {
        "AWS_CONFIG_FILE": world.told["aws_config_file"],
        "AWS_SHARED_CREDENTIALS_FILE": world.told["aws_credentials_file"],
    }
    saved = {name: os.environ.get(name) for name in env}
    os.environ.update(env)
    try:
        return boto3.session.Session().client("ssm", config=Config(retries={"total_max_attempts": 1}))
    finally:
        for name, value in saved.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def test_the_line_holds_all_that_was_promised_and_is_what_the_file_says(world: World) -> None:
    assert world.told.keys() >= PROMISED
    assert json.loads((world.run_dir / "world.json").read_text()) == world.told
    assert (world.told["seed"], world.told["speed"]) == (7, 2.0)
    assert world.told["neon_projects"].keys() == {"dev", "staging", "prod"}


def test_every_file_with_a_credential_is_private(world: World) -> None:
    assert stat.S_IMODE(world.run_dir.stat().st_mode) == 0o700
    named = (
        "kubeconfig",
        "neon_api_key_file",
        "neon_personal_api_key_file",
        "aws_credentials_file",
        "aws_admin_credentials_file",
        "hetzner_credentials_file",
        "aws_config_file",
        "control_token_file",
    )
    for path in map(Path, (world.told[name] for name in named)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_neon_answers_with_its_three_projects(world: World) -> None:
    key = Path(world.told["neon_api_key_file"]).read_text()
    answer = httpx.get(
        f"{world.told['neon_url']}/projects", headers={"Authorization": f"Bearer {key}"}, trust_env=False
    )
    judged(answer)
    found = {project["name"]: project["id"] for project in answer.json()["projects"]}
    assert found == {f"zerotouch-{name}": each for name, each in world.told["neon_projects"].items()}


def test_kubectl_reads_the_platform_with_the_kubeconfig(world: World) -> None:
    listed = world.kubectl("get", "clustersecretstore/aws-parameter-store", "-o", "json")
    store = json.loads(listed)
    assert store["spec"]["provider"]["aws"]["region"] == world.told["aws_region"]
    config = yaml.safe_load(Path(world.told["kubeconfig"]).read_text())
    assert (config["current-context"], config["users"][0]["name"]) == ("rehearsal", "portal")


def test_once_it_is_up_the_platform_is_ready_for_tenants(world: World) -> None:
    def condition(kind: str, wanted: str) -> str:
        path = f"{{.items[*].status.conditions[?(@.type=='{wanted}')].status}}"
        return world.kubectl("get", kind, "-o", f"jsonpath={path}")

    assert condition("clustersecretstore", "Ready") == "True"
    assert condition("xrd", "Offered") == "True"
    assert condition("node", "Ready") == "True"
    sync = (
        "get",
        "application",
        "tenant-infrastructure",
        "-n",
        "argocd",
        "-o",
        "jsonpath={.status.sync.status}",
    )
    hold_until(lambda: world.kubectl(*sync) == "Synced")


def test_a_claim_becomes_a_process_that_is_a_cache(world: World) -> None:
    world.deploy_a_cache()
    (first,) = _caches(world)
    secret = json.loads(world.kubectl("get", "secret", "canary-conn", "-o", "json"))["data"]
    password = base64.b64decode(secret["DRAGONFLY_PASSWORD"]).decode()
    with _session(world, password) as ask:
        assert ask("SET", "kept", "no") == b"+OK"
        assert ask("CONFIG", "GET", "maxmemory").endswith(b"\r\n1073741824")
        assert b"dragonfly_version:" in ask("INFO", "server")
    os.kill(first, signal.SIGKILL)
    hold_until(lambda: (now := _caches(world)) and now != [first])
    world.kubectl("wait", "--for=condition=Ready", "pod/canary-0", "--timeout=60s")
    with _session(world, password) as ask:
        assert ask("DBSIZE") == b":0"
    world.kubectl("delete", "dragonflyinstance", "canary")
    hold_until(
        lambda: not [pid for pid in world.family() if "valkey-server" in running().get(pid, (0, ""))[1]]
    )


def _caches(world: World) -> list[int]:
    table = running()
    return [pid for pid in world.family() if "valkey-server" in table.get(pid, (0, ""))[1]]


@contextmanager
def _session(world: World, password: str) -> Iterator[Callable[..., bytes]]:
    """Ask the cache of the claim; a reply is what came at once."""
    ports = json.loads((world.run_dir / "pods" / "default" / "canary-0" / "run" / "ports.json").read_text())
    with socket.create_connection(("127.0.0.1", ports["6379"]), timeout=20) as connection:

        def ask(*command: str) -> bytes:
            parts = "".join(f"${len(part)}\r\n{part}\r\n" for part in command)
            connection.sendall(f"*{len(command)}\r\n{parts}".encode())
            return connection.recv(65536).strip()

        assert ask("AUTH", password) == b"+OK"
        yield ask


def test_the_tenants_repository_can_be_cloned_and_refuses_to_lose_history(
    world: World, tmp_path: Path
) -> None:
    def git(*arguments: str) -> "subprocess.CompletedProcess[str]":
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
        identity = ["-c", "user.name=Test", "-c", "user.email=test@localhost"]
        return subprocess.run(
            ["git", "-C", str(tmp_path / "clone"), *identity, *arguments],  # noqa: S607 - git is where PATH has it
            check=False, capture_output=True, text=True, env=env,
        )  # fmt: skip

    (tmp_path / "clone").mkdir()
    assert git("clone", "--quiet", world.told["tenants_repo"], ".").returncode == 0
    assert git("ls-files").stdout.split() == ["README.md", "tenants/.gitkeep"]
    assert git("branch", "--show-current").stdout.strip() == "main"
    assert git("commit", "--quiet", "--amend", "--message", "Another past").returncode == 0
    forced = git("push", "--force", "origin", "main")
    assert forced.returncode != 0
    assert "non-fast-forward" in forced.stderr


def test_no_secret_is_in_any_file_log_or_argument(world: World) -> None:
    ssm = _ssm(world)
    ssm.put_parameter(Name="/zerotouch/dev/canary/key", Value=CANARY, Type="SecureString")
    (told,) = ssm.get_parameters(Names=["/zerotouch/dev/canary/key"], WithDecryption=True)["Parameters"]
    assert told["Value"] == CANARY
    ssm.close()
    log = Path(world.told["gateway_log"])
    hold_until(lambda: '"GetParameters"' in log.read_text())
    secrets = {CANARY, Path(world.told["neon_api_key_file"]).read_text(), *_minted(world)}
    for file in (path for path in (world.run_dir / "logs").rglob("*") if path.is_file()):
        text = file.read_text(errors="replace")
        assert not [secret for secret in secrets if secret in text], file
    assert not [args for _, args in running().values() for secret in secrets if secret in args]
    assert not [
        path for path in world.run_dir.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()
    ]
    assert not [secret for secret in secrets if secret in json.dumps(world.told)]


def _minted(world: World) -> set[str]:
    config = yaml.safe_load(Path(world.told["kubeconfig"]).read_text())
    credentials = Path(world.told["aws_credentials_file"]).read_text()
    return {
        config["users"][0]["user"]["token"],
        *(line.split()[0] for line in credentials.split("aws_secret_access_key = ")[1:]),
        Path(world.told["control_token_file"]).read_text(),
    }


def test_every_listener_is_on_loopback(world: World) -> None:
    addresses = listening(world.family())
    assert len(addresses) >= 6
    assert {address for address, _ in addresses} <= {"127.0.0.1", "::1"}


def test_status_shows_what_stands_in_for_what(world: World) -> None:
    shown = simulator(world.temporary, "status")
    answer = json.loads(simulator(world.temporary, "status", "--json").stdout)
    assert shown.returncode == 0
    assert "AWS SSM Parameter Store" in shown.stdout
    assert str(world.told["neon_url"]) in shown.stdout
    (run,) = answer["runs"]
    assert (run["state"], run["pid"]) == ("up", world.pid)
    assert run["uptime_seconds"] > 0
    assert {backend["tier"] for backend in run["backends"]} == {"embedded"}
    taken = {each["name"]: each for each in run["processes"]}
    assert taken.keys() >= {"supervisor", "world", "sweeper", "moto"}
    assert "other" not in taken
    assert all(each["rss_mb"] >= (each["pss_mb"] or 0) > -1 for each in taken.values())
    assert re.search(r"^all +\d+ +\d+", shown.stdout, re.MULTILINE)


def test_faults_are_added_listed_felt_and_removed(world: World) -> None:
    added = simulator(world.temporary, "fault", "add", "ssm:PutParameter", "throttle", "--caller", "portal")
    rule_id = added.stdout.strip()
    ssm = _ssm(world)
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        ssm.put_parameter(Name="/zerotouch/dev/fault/key", Value="x", Type="String")
    listed = json.loads(simulator(world.temporary, "fault", "list", "--json").stdout)["faults"]
    removed = simulator(world.temporary, "fault", "remove", rule_id)
    ssm.put_parameter(Name="/zerotouch/dev/fault/key", Value="x", Type="String")
    ssm.close()
    assert caught.value.response["Error"]["Code"] == "ThrottlingException"
    assert [(rule["id"], rule["seen"], rule["struck"]) for rule in listed] == [(rule_id, 1, 1)]
    assert removed.returncode == 0
    assert simulator(world.temporary, "fault", "list").stdout == ""


def test_a_file_of_faults_is_added_whole_or_not_at_all(world: World) -> None:
    file = world.temporary / "faults.yaml"
    file.write_text(
        "faults:\n  - {at: ssm:LabelParameterVersion, action: hang}\n  - {at: s3:*, action: hung}\n"
    )
    wrong = simulator(world.temporary, "fault", "add", "-f", str(file))
    assert (wrong.returncode, simulator(world.temporary, "fault", "list").stdout) == (1, "")
    assert wrong.stderr.startswith(f"{file}:3: action is one of")
    file.write_text("faults:\n  - {at: ssm:LabelParameterVersion, action: hang}\n")
    added = simulator(world.temporary, "fault", "add", "-f", str(file)).stdout.strip()
    shown = simulator(world.temporary, "status").stdout
    removed = simulator(world.temporary, "fault", "remove", added)
    never = f"Fault rule {added} (ssm:LabelParameterVersion hang) never matched a call."
    assert never in shown
    assert removed.stderr.strip() == never


def _neon(world: World) -> httpx.Client:
    key = Path(world.told["neon_api_key_file"]).read_text()
    return httpx.Client(
        base_url=world.told["neon_url"] + "/",
        headers={"Authorization": f"Bearer {key}"},
        trust_env=False,
        timeout=30,
        event_hooks={"response": [judged]},
    )


def test_an_operation_of_neon_fails_as_a_rule_says(world: World) -> None:
    rule = ("neon:start_compute", "fail", "--times", "3", "--message", "no capacity left")
    added = simulator(world.temporary, "fault", "add", *rule).stdout.strip()
    project = f"projects/{world.told['neon_projects']['staging']}"
    with _neon(world) as neon:
        (endpoint,) = neon.get(f"{project}/endpoints").json()["endpoints"]
        begun = neon.post(f"{project}/endpoints/{endpoint['id']}/start").json()["operations"][0]["id"]

        def given_up() -> bool:
            seen = neon.get(f"{project}/operations/{begun}").json()["operation"]
            told.append((seen["status"], seen["failures_count"], seen.get("error", "")))
            return told[-1][0] == "failed" and "retry_at" not in seen

        told: list[tuple[str, int, str]] = []
        hold_until(given_up)
    assert told[-1] == ("failed", 3, "no capacity left")
    assert simulator(world.temporary, "fault", "remove", added).stderr == ""


def test_a_project_of_neon_is_out_of_reach_as_a_rule_says(world: World) -> None:
    added = simulator(world.temporary, "fault", "add", "neon:zerotouch-prod", "unavailable").stdout.strip()
    hidden = world.told["neon_projects"]["prod"]
    with _neon(world) as neon:
        told = neon.get("projects", params={"limit": 100}).json()
        assert told["unavailable_project_ids"] == [hidden]
        assert hidden not in [project["id"] for project in told["projects"]]
        assert neon.get(f"projects/{hidden}/branches").status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert simulator(world.temporary, "fault", "remove", added).returncode == 0
        assert neon.get(f"projects/{hidden}/branches").status_code == httpx.codes.OK


def test_a_wrong_fault_is_one_sentence(world: World) -> None:
    wrong = simulator(world.temporary, "fault", "add", "ssm:PutParameter", "explode")
    unknown = simulator(world.temporary, "fault", "remove", "f999")
    shapeless = simulator(world.temporary, "fault", "add", "ssm", "hang")
    elsewhere = simulator(world.temporary, "fault", "add", "ssm:apply_config", "fail")
    assert elsewhere.stderr == "This is no fault rule: only neon has what can fail.\n"
    assert wrong.returncode == unknown.returncode == shapeless.returncode == 1
    assert wrong.stderr.startswith("This is no fault rule: action is one of status, latency, hang")
    assert unknown.stderr == "There is no fault rule f999; list them: fault list.\n"
    assert "is not SERVICE:OPERATION" in shapeless.stderr


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Host": "evil.example"}])
def test_the_control_api_answers_only_the_holder_of_its_token_on_loopback(
    world: World, headers: dict[str, str]
) -> None:
    for method, path in [("GET", "/status"), ("POST", "/shutdown"), ("DELETE", "/faults")]:
        answer = httpx.request(method, world.told["control_url"] + path, headers=headers, trust_env=False)
        assert answer.status_code in {401, 421}, path
    assert world.supervisor.poll() is None


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        pytest.param("GET", "/nowhere", "", 404, id="unknown"),
        pytest.param("PUT", "/faults", "", 405, id="method"),
        pytest.param("POST", "/faults", "{", 400, id="no JSON"),
        pytest.param("POST", "/faults", '{"faults": {}}', 400, id="no list"),
        pytest.param("POST", "/reset", "[]", 400, id="no object"),
        pytest.param("POST", "/reset", '{"fault": true}', 400, id="unknown field"),
        pytest.param("POST", "/reset", '{"faults": 1}', 400, id="no truth value"),
        pytest.param("POST", "/reset", "{", 400, id="reset without JSON"),
    ],
)
def test_a_wrong_call_of_the_control_api_is_told_in_its_own_form_and_does_nothing(
    world: World, method: str, path: str, body: str, status: int
) -> None:
    token = Path(world.told["control_token_file"]).read_text()
    headers = {"Authorization": f"Bearer {token}"}
    _ssm_marker(world)
    answer = httpx.request(
        method, world.told["control_url"] + path, headers=headers, content=body, trust_env=False
    )
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    _ssm_marker(world, there=True)


def _ssm_marker(world: World, *, there: bool = False) -> None:
    """Leave something a reset would take away, or see that it is there."""
    ssm = _ssm(world)
    if there:
        (marker,) = ssm.get_parameters(Names=["/zerotouch/dev/marker/key"])["Parameters"]
        assert marker["Value"] == "kept"
    else:
        ssm.put_parameter(Name="/zerotouch/dev/marker/key", Value="kept", Type="String", Overwrite=True)
    ssm.close()


def test_a_credential_in_a_path_is_not_logged(world: World) -> None:
    key = "napi" + "_0123456789abcdefghij"
    with _neon(world) as neon:
        assert neon.get(f"projects/{key}").status_code == httpx.codes.NOT_FOUND
    log = Path(world.told["gateway_log"])
    hold_until(lambda: "/projects/napi_..." in log.read_text())
    assert key not in log.read_text()


def test_a_second_world_in_the_same_directory_is_refused(world: World) -> None:
    second = simulator(world.temporary, "up", "--run-dir", str(world.run_dir))
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr.startswith(f"A rehearsal is running in {world.run_dir}. End it: ")

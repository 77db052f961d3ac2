"""A world goes back to its first state while it runs, and says at its end which rule never struck."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from tests.simulator.families import alive
from tests.simulator.harness.worlds import World, environment, simulator
from tests.simulator.waiting import hold_until

RULES = """\
faults:
  - {at: s3:PutBucketPolicy, action: drop_after}
  - {at: neon:listProjects, action: status, status: 500, nth: 2}
"""
NEVER = "Fault rule f1 (s3:PutBucketPolicy drop_after) never matched a call."


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the world of this module writes what it says at its end."""
    return tmp_path_factory.mktemp("reset") / "tmp"


@pytest.fixture(scope="module")
def world(ended: Path) -> Iterator[World]:
    rules = ended.parent / "faults.yaml"
    rules.write_text(RULES)
    env = environment(ended)
    with World(ended, "--speed", "20", "--faults", str(rules), env=env) as up:
        yield up
    assert NEVER in up.progress.read_text()


@pytest.fixture(scope="module")
def control(world: World) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {Path(world.told['control_token_file']).read_text()}"}
    with httpx.Client(
        base_url=world.told["control_url"], headers=headers, trust_env=False, timeout=60
    ) as client:
        yield client


@pytest.fixture(scope="module", autouse=True)
def first(control: httpx.Client) -> Any:
    """What stood before any test changed it."""
    return _truth(control)


def _truth(control: httpx.Client) -> Any:
    told = control.get("/truth").raise_for_status().json()
    told["kube"]["objects"].pop("v1 Event", None)
    return {name: value for name, value in told.items() if name != "at"}


def _aws(world: World, service: str) -> Any:
    lines = Path(world.told["aws_admin_credentials_file"]).read_text().splitlines()
    key = dict(line.split(" = ") for line in lines if " = " in line)
    return boto3.client(
        service, endpoint_url=world.told[f"{service}_url"], region_name=world.told["aws_region"], **key
    )


def _change_everything(world: World) -> set[int]:
    """Something in each system, and something less in the cluster; returns processes that came of it."""
    before = world.family()
    ssm, s3 = _aws(world, "ssm"), _aws(world, "s3")
    for number in range(12):
        ssm.put_parameter(Name=f"/zerotouch/dev/reset/key{number}", Value="x", Type="SecureString")
    s3.create_bucket(
        Bucket="files", CreateBucketConfiguration={"LocationConstraint": world.told["aws_region"]}
    )
    s3.put_bucket_versioning(Bucket="files", VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        s3.put_object(Bucket="files", Key="a b/ü?#.txt", Body=b"x")
    s3.delete_object(Bucket="files", Key="a b/ü?#.txt")
    ssm.close()
    s3.close()
    world.wake_a_database()
    world.deploy_a_cache()
    world.kubectl("create", "namespace", "other")
    world.kubectl("delete", "applicationset", "--all", "--namespace", "argocd")
    _push(world)
    return world.family() - before


def _push(world: World) -> None:
    clone = world.temporary / "clone"
    env = {"PATH": os.environ["PATH"], "HOME": str(world.temporary), "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ["-c", "user.name=Test", "-c", "user.email=test@localhost"]
    for words in (
        ["clone", "--quiet", world.told["tenants_repo"], str(clone)],
        ["-C", str(clone), *identity, "commit", "--quiet", "--allow-empty", "--message", "More"],
        ["-C", str(clone), "push", "--quiet", "origin", "main"],
    ):
        subprocess.run(["git", *words], check=True, env=env, capture_output=True)  # noqa: S607 - git is where PATH has it


def _commits(world: World) -> int:
    repository = httpx.URL(world.told["tenants_repo"]).path
    argv = ["git", "-C", repository, "-c", "safe.directory=*", "rev-list", "--count", "--all"]
    return int(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)


def test_everything_is_as_it_was_and_every_address_and_credential_still_works(
    world: World, control: httpx.Client, first: Any
) -> None:
    came = _change_everything(world)
    assert _truth(control) != first
    assert _commits(world) == 2
    told = simulator(world.temporary, "reset")
    assert (told.returncode, told.stdout) == (0, ""), told.stderr
    assert "Kept: endpoints, credentials, certificates, logs, the clock." in told.stderr
    hold_until(lambda: _truth(control) == first)
    assert not alive(*came)
    assert _commits(world) == 1
    assert json.loads((world.run_dir / "world.json").read_text()) == world.told
    world.deploy_a_cache()
    world.wake_a_database()
    ssm = _aws(world, "ssm")
    put = ssm.put_parameter(Name="/zerotouch/dev/reset/key1", Value="x", Type="SecureString")
    ssm.close()
    assert put["Version"] == 1


def test_rules_are_those_of_the_start_again_and_nothing_else_is_touched(
    world: World, control: httpx.Client
) -> None:
    ssm = _aws(world, "ssm")
    ssm.put_parameter(Name="/zerotouch/dev/kept", Value="x", Type="String")
    ssm.close()
    simulator(world.temporary, "fault", "add", "ssm:*", "throttle")
    told = simulator(world.temporary, "reset", "--faults")
    rules = control.get("/faults").json()["faults"]
    assert told.returncode == 0
    assert told.stderr.endswith(": fault rules.\nKept: everything else.\n")
    assert [(rule["id"], rule["service"], rule["seen"]) for rule in rules] == [
        ("f1", "s3", 0),
        ("f2", "neon", 0),
    ]
    assert "/zerotouch/dev/kept" in {each["name"] for each in _truth(control)["ssm"]["parameters"]}


def test_a_rule_of_the_start_strikes(world: World) -> None:
    simulator(world.temporary, "reset", "--faults")
    key = Path(world.told["neon_api_key_file"]).read_text()
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, trust_env=False) as client:
        answers = [client.get(f"{world.told['neon_url']}/projects").status_code for _ in range(3)]
    assert answers == [200, 500, 200]


@pytest.mark.parametrize("body", ["[", '{"faults": 3}'])
def test_only_a_well_formed_wish_is_heard(control: httpx.Client, body: str) -> None:
    assert control.post("/reset", content=body).status_code == httpx.codes.BAD_REQUEST


def test_a_wrong_file_starts_nothing(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text("faults:\n  - at: nothing\n")
    refused = simulator(tmp_path / "tmp", "up", "--faults", str(file))
    missing = simulator(tmp_path / "tmp", "up", "--faults", str(tmp_path / "none"))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"{file}:2: at is SERVICE:OPERATION")
    assert f"The fault file {tmp_path / 'none'} cannot be read: No such file" in missing.stderr
    assert not (tmp_path / "tmp" / f"zerotouch-{os.geteuid()}").exists()

"""What a world says of itself is what its systems hold, whatever its gateway is told to do, and no value."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from tests.simulator.families import alive
from tests.simulator.harness.worlds import World
from tests.simulator.waiting import hold_until

CANARY = "canary-4be1-truth"
NAME = "/zerotouch/dev/identity-service/openai_api_key"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("truth") / "tmp", "--speed", "20") as up:
        yield up


@pytest.fixture(scope="module")
def control(world: World) -> Iterator[httpx.Client]:
    with _client(world.told["control_url"], "Bearer " + _token(world)) as client:
        yield client


@pytest.fixture(scope="module")
def neon(world: World) -> Iterator[httpx.Client]:
    key = Path(world.told["neon_api_key_file"]).read_text()
    with _client(
        f"{world.told['neon_url']}/projects/{world.told['neon_projects']['dev']}/", f"Bearer {key}"
    ) as client:
        yield client


def _client(url: str, authorization: str) -> httpx.Client:
    headers = {"Authorization": authorization}
    return httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=30)


def _token(world: World) -> str:
    return Path(world.told["control_token_file"]).read_text()


def _digest(world: World, value: str) -> str:
    fingerprint = hashlib.sha256(value.encode()).digest()
    return hmac.new(_token(world).encode(), fingerprint, hashlib.sha256).hexdigest()


def _aws(world: World, service: str) -> Any:
    lines = Path(world.told["aws_admin_credentials_file"]).read_text().splitlines()
    key = dict(line.split(" = ") for line in lines if " = " in line)
    return boto3.client(
        service, endpoint_url=world.told[f"{service}_url"], region_name=world.told["aws_region"], **key
    )


def _truth(control: httpx.Client) -> Any:
    return control.get("/truth").raise_for_status().json()


def _branch(control: httpx.Client) -> Any:
    return next(p for p in _truth(control)["neon"]["projects"] if p["name"] == "zerotouch-dev")["branches"][0]


def test_a_parameter_is_told_with_its_tags_and_the_digest_of_its_value(
    world: World, control: httpx.Client
) -> None:
    ssm = _aws(world, "ssm")
    ssm.put_parameter(Name=NAME, Value=CANARY, Type="SecureString", Tags=[{"Key": "tenant", "Value": "x"}])
    ssm.put_parameter(Name=NAME, Value=CANARY + "2", Type="SecureString", Overwrite=True)
    answer = control.get("/truth")
    ssm.delete_parameter(Name=NAME)
    ssm.close()
    (parameter,) = [each for each in answer.json()["ssm"]["parameters"] if each["name"] == NAME]
    assert parameter == {
        "name": NAME,
        "type": "SecureString",
        "version": 2,
        "tags": {"tenant": "x"},
        "digest": _digest(world, CANARY + "2"),
    }
    assert CANARY not in answer.text
    assert NAME not in {each["name"] for each in _truth(control)["ssm"]["parameters"]}


def test_every_parameter_is_told_however_many_there_are(world: World, control: httpx.Client) -> None:
    names = {f"/zerotouch/dev/many/key{number}" for number in range(61)}
    ssm = _aws(world, "ssm")
    for name in names:
        ssm.put_parameter(Name=name, Value="x", Type="String")
    ssm.close()
    assert names <= {each["name"] for each in _truth(control)["ssm"]["parameters"]}


def test_a_bucket_is_told_with_what_it_holds(world: World, control: httpx.Client) -> None:
    s3 = _aws(world, "s3")
    s3.create_bucket(
        Bucket="files", CreateBucketConfiguration={"LocationConstraint": world.told["aws_region"]}
    )
    s3.put_object(Bucket="files", Key="a b/ü?#.txt", Body=b"x")
    s3.close()
    assert _truth(control)["s3"]["buckets"] == [{"name": "files", "objects": 1}]


def test_a_password_is_valid_from_the_moment_the_compute_knows_it(
    world: World, control: httpx.Client, neon: httpx.Client
) -> None:
    branch = _branch(control)["id"]
    role = f"branches/{branch}/roles/neondb_owner"
    before = neon.get(f"{role}/reveal_password").raise_for_status().json()["password"]
    neon.post(f"{role}/reset_password").raise_for_status()
    after = neon.get(f"{role}/reveal_password").raise_for_status().json()["password"]
    hold_until(lambda: not neon_is_busy(control))
    (told,) = _branch(control)["roles"]
    assert before != after
    assert told["valid"] == told["wanted"] == _digest(world, after)
    assert after not in json.dumps(_truth(control))


def neon_is_busy(control: httpx.Client) -> bool:
    return any(project["running"] for project in _truth(control)["neon"]["projects"])


def test_processes_are_told_by_their_numbers(world: World, control: httpx.Client) -> None:
    world.wake_a_database()
    world.deploy_a_cache()
    hold_until(lambda: not neon_is_busy(control))
    truth = _truth(control)
    (cache,) = truth["caches"]
    (compute,) = [e for p in truth["neon"]["projects"] for e in p["endpoints"] if e["pid"]]
    assert (cache["pod"], cache["ready"], compute["state"]) == ("canary-0", True, "active")
    assert {cache["pid"], compute["pid"]} <= set(alive(*world.family()))
    objects = truth["kube"]["objects"]
    assert objects["cache.bizmatters.io/v1alpha1 DragonflyInstance"] == 1
    assert objects["apps/v1 StatefulSet"] == 1


def test_no_rule_of_the_gateway_hides_or_logs_the_truth(world: World, control: httpx.Client) -> None:
    for service in ("ssm", "s3", "hetzner", "neon"):
        rule = {"service": service, "operation": "*", "action": "hang"}
        control.post("/faults", json=rule).raise_for_status()
    assert _truth(control)["neon"]["projects"]
    struck = [rule["struck"] for rule in control.delete("/faults").json()["faults"]]
    assert struck == [0, 0, 0, 0]
    assert "ListTagsForResource" not in Path(world.told["gateway_log"]).read_text()


def test_the_truth_is_for_the_holder_of_the_token(world: World) -> None:
    with _client(world.told["control_url"], "Bearer wrong") as client:
        assert client.get("/truth").status_code == 401

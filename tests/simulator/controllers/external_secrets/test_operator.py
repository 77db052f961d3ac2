"""ExternalSecrets against a real Parameter Store server: what is written, what is said, what is kept."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from simulator.clock import WallClock
from simulator.controllers import external_secrets
from simulator.controllers.conditions import find, is_true
from simulator.controllers.external_secrets.kinds import CLUSTER_SECRET_STORE, EXTERNAL_SECRET
from simulator.controllers.kinds import SECRET, Object
from simulator.ssm import moto
from tests.simulator.controllers.cluster import MANIFESTS, Cluster, cluster, documents

REGION = "ap-south-1"
URL = "postgresql://identity:canary-password@host/db"
CREATED_BY = "reconcile.external-secrets.io/created-by"
DATABASE_URL = "/zerotouch/dev/identity-service/database_url"


@dataclass(frozen=True)
class World:
    """A cluster with the operator, and the Parameter Store it reads."""

    kube: Cluster
    ssm: str
    client: httpx.AsyncClient

    async def put(self, name: str, value: str) -> None:
        await self.call("PutParameter", Name=name, Value=value, Type="SecureString", Overwrite=True)

    async def call(self, operation: str, **body: object) -> None:
        headers = {"X-Amz-Target": f"AmazonSSM.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        scope = f"test/20260131/{REGION}/ssm/aws4_request"
        headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        answer = await self.client.post(self.ssm, content=json.dumps(body), headers=headers)
        assert answer.status_code == httpx.codes.OK, answer.text

    async def credentials(self) -> None:
        secret = {"AWS_ACCESS_KEY_ID": "LKIATEST", "AWS_SECRET_ACCESS_KEY": "canary-secret-key"}
        await self.kube.namespace("external-secrets")
        await self.kube.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "aws-access-token", "namespace": "external-secrets"},
                "stringData": secret,
            }
        )

    async def store(self) -> None:
        for document in documents(MANIFESTS / "platform" / "20-secret-store.yaml", aws_region=REGION):
            await self.kube.apply(document)

    async def create(self, **spec: object) -> Object:
        return await self.kube.api.create(EXTERNAL_SECRET, external_secret(**spec))

    async def synced(self) -> Object:
        return await self.kube.until(EXTERNAL_SECRET, "db", "default", lambda e: is_true(e, "Ready"))

    async def values(self) -> dict[str, str]:
        secret = await self.kube.api.get(SECRET, "db", "default")
        return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}


def external_secret(**spec: object) -> Object:
    data = [{"secretKey": "DATABASE_URL", "remoteRef": {"key": DATABASE_URL}}]
    store = {"kind": "ClusterSecretStore", "name": "aws-parameter-store"}
    return {
        "apiVersion": EXTERNAL_SECRET.api_version,
        "kind": EXTERNAL_SECRET.kind,
        "metadata": {"name": "db", "namespace": "default", "labels": {"tenant": "identity-service"}},
        "spec": {"refreshInterval": "1h", "secretStoreRef": store, "data": data, **spec},
    }


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    clock = WallClock(10)
    home = tmp_path / "moto"
    home.mkdir()
    async with (
        moto.running(tmp_path / "moto.log", home=home) as ssm,
        cluster(tmp_path, clock) as kube,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        await kube.define("clustersecretstores", "secretstores", "externalsecrets")
        kube.run(external_secrets.run(kube.api, clock, endpoint=ssm.url))
        made = World(kube, ssm.url, client)
        await made.credentials()
        await made.store()
        yield made


async def test_a_parameter_becomes_a_secret_owned_by_its_external_secret(world: World) -> None:
    await world.put(DATABASE_URL, URL)
    created = await world.create()
    synced = await world.synced()
    condition = find(synced, "Ready") or {}
    assert (condition["reason"], condition["message"]) == ("SecretSynced", "secret synced")
    assert synced["status"]["refreshTime"]
    assert await world.values() == {"DATABASE_URL": URL}
    secret = await world.kube.api.get(SECRET, "db", "default")
    assert secret["metadata"]["ownerReferences"][0]["uid"] == created["metadata"]["uid"]
    assert secret["metadata"]["labels"]["tenant"] == "identity-service"
    assert secret["metadata"]["labels"]["reconcile.external-secrets.io/managed"] == "true"
    assert (await world.kube.event("db", "Created"))["message"] == "secret created"


async def test_the_missing_key_stands_in_the_event_alone_and_arrives_later(world: World) -> None:
    await world.create()
    stuck = await world.kube.until(EXTERNAL_SECRET, "db", "default", lambda e: find(e, "Ready"))
    condition = find(stuck, "Ready") or {}
    assert (condition["status"], condition["reason"]) == ("False", "SecretSyncedError")
    assert condition["message"] == "could not get secret data from provider"
    event = await world.kube.event("db", "UpdateFailed")
    assert event["type"] == "Warning"
    assert event["message"] == (
        f"error processing spec.data[0] (key: {DATABASE_URL}), err: Secret does not exist"
    )
    await world.put(DATABASE_URL, URL)
    await world.synced()


async def test_a_failure_keeps_the_secret_and_the_time_of_the_last_success(world: World) -> None:
    await world.put(DATABASE_URL, URL)
    await world.create()
    before = await world.synced()
    await world.call("DeleteParameter", Name=DATABASE_URL)
    await force(world)
    after = await world.kube.until(
        EXTERNAL_SECRET, "db", "default", lambda e: (find(e, "Ready") or {})["status"] == "False"
    )
    assert after["status"]["refreshTime"] == before["status"]["refreshTime"]
    assert await world.values() == {"DATABASE_URL": URL}


async def test_any_changed_annotation_forces_a_fetch(world: World) -> None:
    await world.put(DATABASE_URL, URL)
    await world.create()
    first = await world.synced()
    await world.put(DATABASE_URL, URL + "?rotated")
    await force(world)
    version = first["status"]["syncedResourceVersion"]
    await world.kube.until(
        EXTERNAL_SECRET, "db", "default", lambda e: e["status"]["syncedResourceVersion"] != version
    )
    assert await world.values() == {"DATABASE_URL": URL + "?rotated"}
    assert (await world.kube.event("db", "Updated"))["message"] == "secret updated"


async def test_the_refresh_interval_brings_a_new_value_without_help(world: World) -> None:
    await world.put(DATABASE_URL, URL)
    await world.create(refreshInterval="5s")
    await world.synced()
    await world.put(DATABASE_URL, "rotated")
    encoded = base64.b64encode(b"rotated").decode()
    await world.kube.until(SECRET, "db", "default", lambda s: s["data"]["DATABASE_URL"] == encoded)


async def test_a_deleted_secret_is_written_again(world: World) -> None:
    await world.put(DATABASE_URL, URL)
    await world.create()
    await world.synced()
    old = await world.kube.api.get(SECRET, "db", "default")
    await world.kube.api.delete(SECRET, "db", "default")
    uid = old["metadata"]["uid"]
    await world.kube.until(SECRET, "db", "default", lambda s: s["metadata"]["uid"] != uid)
    assert await world.values() == {"DATABASE_URL": URL}


async def test_a_secret_of_another_name_takes_the_place_of_the_one_before(world: World) -> None:
    await world.put(DATABASE_URL, URL)
    await world.create()
    await world.synced()
    renamed = {"spec": {"target": {"name": "other"}}}
    await world.kube.api.merge_patch(EXTERNAL_SECRET, "db", renamed, "default")
    secret = await world.kube.until(SECRET, "other", "default", lambda s: s["data"])
    assert CREATED_BY in secret["metadata"]["labels"]
    assert (await world.kube.event("db", "Deleted"))["message"] == "secret deleted because it was orphaned"
    assert await world.kube.api.find(SECRET, "db", "default") is None


async def test_a_secret_that_is_left_to_itself_names_nobody_as_its_maker(world: World) -> None:
    await world.put(DATABASE_URL, URL)
    await world.create(target={"creationPolicy": "Orphan"})
    await world.synced()
    secret = await world.kube.api.get(SECRET, "db", "default")
    assert "ownerReferences" not in secret["metadata"]
    assert CREATED_BY not in secret["metadata"]["labels"]


async def test_a_pull_secret_is_made_by_the_platforms_template(world: World) -> None:
    await world.put("/zerotouch/dev/platform/ghcr/username", "bot")
    await world.put("/zerotouch/dev/platform/ghcr/password", 'pass"word')
    text = (
        '{"auths":{"ghcr.io":{"username":"{{ .username }}","password":{{ .password | toJson }},'
        '"auth":"{{ printf "%s:%s" .username .password | b64enc }}"}}}'
    )
    await world.create(
        target={
            "name": "db",
            "template": {
                "type": "kubernetes.io/dockerconfigjson",
                "engineVersion": "v2",
                "data": {".dockerconfigjson": text},
            },
        },
        data=[
            {"secretKey": key, "remoteRef": {"key": f"/zerotouch/dev/platform/ghcr/{key}"}}
            for key in ("username", "password")
        ],
    )
    await world.synced()
    secret = await world.kube.api.get(SECRET, "db", "default")
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    registry = json.loads((await world.values())[".dockerconfigjson"])["auths"]["ghcr.io"]
    assert registry["password"] == 'pass"word'
    assert base64.b64decode(registry["auth"]).decode() == 'bot:pass"word'


async def test_extract_spreads_a_json_parameter_and_data_overrides_it(world: World) -> None:
    await world.put("/zerotouch/dev/all", json.dumps({"A": "1", "B": {"c": 2}}))
    await world.put("/zerotouch/dev/one", "override")
    await world.create(
        dataFrom=[{"extract": {"key": "/zerotouch/dev/all"}}],
        data=[{"secretKey": "A", "remoteRef": {"key": "/zerotouch/dev/one"}}],
    )
    await world.synced()
    assert await world.values() == {"A": "override", "B": '{"c":2}'}


async def test_a_store_is_valid_once_its_credentials_resolve(world: World) -> None:
    name = "aws-parameter-store"
    store = await world.kube.until(CLUSTER_SECRET_STORE, name, "", lambda s: is_true(s, "Ready"))
    condition = find(store, "Ready") or {}
    assert (condition["reason"], condition["message"]) == ("Valid", "store validated")
    await world.kube.api.delete(SECRET, "aws-access-token", "external-secrets")
    await world.kube.api.merge_patch(CLUSTER_SECRET_STORE, name, {"metadata": {"labels": {"look": "now"}}})
    invalid = await world.kube.until(
        CLUSTER_SECRET_STORE, name, "", lambda s: (find(s, "Ready") or {})["status"] == "False"
    )
    condition = find(invalid, "Ready") or {}
    assert (condition["reason"], condition["message"]) == (
        "InvalidProviderConfig",
        "unable to validate store",
    )


async def force(world: World) -> None:
    patch = {"metadata": {"annotations": {"force-sync": "1770000000"}}}
    await world.kube.api.merge_patch(EXTERNAL_SECRET, "db", patch, "default")

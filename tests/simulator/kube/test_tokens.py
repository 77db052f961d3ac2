"""Tokens of ServiceAccounts: what they hold, whom they stand for, and when they end."""

from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest

from simulator.clock import WallClock
from simulator.kube.access.identity import Identity
from simulator.kube.server import KubeServer
from tests.simulator.kube.conftest import Cluster

ACCOUNT = "/api/v1/namespaces/default/serviceaccounts/default"
WHOAMI = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
USER = "system:serviceaccount:default:default"


class Ahead(WallClock):
    """The wall clock, as much ahead as it is told."""

    ahead = timedelta()

    def now(self) -> Any:
        return super().now() + self.ahead


async def who(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post(WHOAMI, json={}, headers={"Authorization": f"Bearer {token}"})


async def test_a_token_stands_for_its_account_and_says_so(cluster: Cluster) -> None:
    made = await cluster.create(f"{ACCOUNT}/token", {"spec": {"audiences": ["me"], "expirationSeconds": 700}})
    assert (made["kind"], made["spec"]["audiences"], made["spec"]["expirationSeconds"]) == (
        "TokenRequest",
        ["me"],
        700,
    )
    token = made["status"]["token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["aud"], claims["exp"] - claims["iat"]) == (USER, ["me"], 700)
    info = (await who(cluster.http, token)).json()["status"]["userInfo"]
    assert info["username"] == USER
    assert {"system:serviceaccounts", "system:serviceaccounts:default"} <= set(info["groups"])


async def test_a_token_ends_with_its_account(cluster: Cluster) -> None:
    token = (await cluster.create(f"{ACCOUNT}/token", {}))["status"]["token"]
    await cluster.http.delete(ACCOUNT)
    assert (await who(cluster.http, token)).status_code == 401


async def test_a_token_ends_with_its_time() -> None:
    clock = Ahead()
    server = KubeServer(clock, {"t": Identity("a", ("system:masters",))})
    transport = httpx.ASGITransport(server.app)
    headers = {"Authorization": "Bearer t"}
    async with (
        server.running(),
        httpx.AsyncClient(transport=transport, base_url="http://kube", headers=headers) as client,
    ):
        made = (await client.post(f"{ACCOUNT}/token", json={"spec": {"expirationSeconds": 600}})).json()
        assert (await who(client, made["status"]["token"])).status_code == 201
        clock.ahead = timedelta(seconds=601)
        assert (await who(client, made["status"]["token"])).status_code == 401
    await server.close()


@pytest.mark.parametrize(
    ("spec", "code", "message"),
    [
        ({"expirationSeconds": 60}, 422, "may not specify a duration less than 10 minutes"),
        ({"expirationSeconds": "x"}, 400, "of type int64"),
    ],
)
async def test_a_token_that_cannot_be_is_refused(
    cluster: Cluster, spec: dict[str, Any], code: int, message: str
) -> None:
    answer = await cluster.http.post(f"{ACCOUNT}/token", json={"spec": spec})
    assert (answer.status_code, answer.json()["message"].endswith(message)) == (code, True), answer.text

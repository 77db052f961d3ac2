"""Who is let in, and who may do what."""

from collections.abc import AsyncIterator

import httpx
import pytest

from simulator.clock import WallClock
from simulator.kube.identity import Identity
from simulator.kube.server import KubeServer
from tests.simulator.kube.conftest import Body, Cluster

RBAC = "/apis/rbac.authorization.k8s.io/v1"
SECRETS = "/api/v1/namespaces/default/secrets"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
TOKENS = {"a": Identity("admin", ("system:masters",)), "r": Identity("reader", ("readers",))}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def guarded() -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server whose roles decide."""
    server = KubeServer(WallClock(), TOKENS, rbac=True)
    transport = httpx.ASGITransport(server.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://kube") as client:
        yield client
    await server.close()


@pytest.mark.parametrize("header", ["Bearer wrong", "Basic YTpi", "Bearer"])
async def test_an_unknown_token_is_unauthorized(cluster: Cluster, header: str) -> None:
    answer = await cluster.http.get("/api/v1/pods", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["reason"]) == (401, "Unauthorized")


async def test_health_needs_no_token_and_everything_else_does(guarded: httpx.AsyncClient) -> None:
    assert (await guarded.get("/readyz")).text == "ok"
    assert (await guarded.get("/version")).json()["gitVersion"].startswith("v1.")
    assert (await guarded.get("/api/v1/pods")).status_code == 401


async def grant(client: httpx.AsyncClient, rules: list[Body]) -> None:
    kind = {"apiVersion": "rbac.authorization.k8s.io/v1"}
    role = {**kind, "kind": "Role", "metadata": {"name": "r"}, "rules": rules}
    binding = {
        **kind,
        "kind": "RoleBinding",
        "metadata": {"name": "r"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
        "subjects": [{"kind": "Group", "name": "readers", "apiGroup": "rbac.authorization.k8s.io"}],
    }
    for plural, body in (("roles", role), ("rolebindings", binding)):
        path = f"{RBAC}/namespaces/default/{plural}"
        answer = await client.post(path, json=body, headers=bearer("a"))
        assert answer.status_code == 201, answer.text


async def test_a_role_gives_what_it_says_where_it_is_bound_and_no_more(guarded: httpx.AsyncClient) -> None:
    assert (await guarded.get(SECRETS, headers=bearer("r"))).status_code == 403
    await grant(guarded, [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}])
    assert (await guarded.get(SECRETS, headers=bearer("r"))).status_code == 200
    for path in (f"{SECRETS}/x", "/api/v1/namespaces/kube-system/secrets", "/api/v1/secrets"):
        assert (await guarded.get(path, headers=bearer("r"))).status_code == 403
    watch = {"watch": "1", "timeoutSeconds": "1"}
    assert (await guarded.get(SECRETS, params=watch, headers=bearer("r"))).status_code == 403
    await guarded.delete(f"{RBAC}/namespaces/default/rolebindings/r", headers=bearer("a"))
    assert (await guarded.get(SECRETS, headers=bearer("r"))).status_code == 403


async def test_named_resources_are_the_only_ones_given(guarded: httpx.AsyncClient) -> None:
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["mine"]}
    await grant(guarded, [rule])
    assert (await guarded.get(f"{SECRETS}/mine", headers=bearer("r"))).status_code == 404
    assert (await guarded.get(f"{SECRETS}/other", headers=bearer("r"))).status_code == 403


async def test_an_access_review_says_what_the_answer_would_be(guarded: httpx.AsyncClient) -> None:
    await grant(guarded, [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}])
    for verb, allowed in (("list", True), ("delete", False)):
        wanted = {"namespace": "default", "verb": verb, "resource": "secrets"}
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": wanted},
        }
        answer = await guarded.post(REVIEWS, json=body, headers=bearer("r"))
        assert answer.json()["status"]["allowed"] is allowed

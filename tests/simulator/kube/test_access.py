"""Who is let in, and who may do what."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from simulator.backends.certificates import Authority
from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.kube.access.identity import Identity
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
    for path, what in (
        ("/api/v1/pods", 'list resource "pods" in API group "" at the cluster scope'),
        ("/apis", 'get path "/apis"'),
    ):
        answer = await guarded.get(path)
        assert (answer.status_code, answer.json()["reason"]) == (403, "Forbidden")
        assert answer.json()["message"].endswith(f'User "system:anonymous" cannot {what}')


async def test_what_is_not_served_is_known_only_to_who_may_ask(guarded: httpx.AsyncClient) -> None:
    nope = "/apis/apps/v1/namespaces/default/nopes"
    assert (await guarded.get(nope, headers=bearer("a"))).status_code == 404
    refused = await guarded.get(nope, headers=bearer("r"))
    assert refused.json()["message"] == (
        'nopes.apps is forbidden: User "reader" cannot list resource "nopes" in API group "apps" '
        'in the namespace "default"'
    )
    assert (await guarded.get("/metrics", headers=bearer("r"))).json()["message"] == (
        'forbidden: User "reader" cannot get path "/metrics"'
    )


@pytest.mark.parametrize("path", ["/api/v1", "/apis/apps/v1", "/openapi/v3"])
async def test_everybody_with_a_token_may_discover(guarded: httpx.AsyncClient, path: str) -> None:
    assert (await guarded.get(path, headers=bearer("r"))).status_code == 200


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


async def act(client: httpx.AsyncClient, token: str, *headers: tuple[str, str]) -> httpx.Response:
    """Who the server takes the caller for."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    return await client.post(path, json=review, headers=[*bearer(token).items(), *headers])


async def test_an_administrator_acts_as_whom_it_names(guarded: httpx.AsyncClient) -> None:
    groups = [("Impersonate-Group", name) for name in ("blue", "green")]
    answer = await act(guarded, "a", ("Impersonate-User", "ada"), *groups)
    found = answer.json()["status"]["userInfo"]
    assert found == {"username": "ada", "groups": ["blue", "green", "system:authenticated"]}


async def test_who_may_not_impersonate_is_told_so_in_the_servers_words(guarded: httpx.AsyncClient) -> None:
    answer = await act(guarded, "r", ("Impersonate-User", "ada"))
    assert answer.status_code == 403
    assert answer.json()["message"] == (
        'users "ada" is forbidden: User "reader" cannot impersonate resource "users" in API group "" '
        "at the cluster scope"
    )


async def test_an_administrator_that_acts_as_nobody_may_do_nothing(cluster: Cluster) -> None:
    nobody = {"Impersonate-User": "system:anonymous"}
    assert (await cluster.http.get("/api/v1/pods", headers=nobody)).status_code == 401
    assert (await cluster.http.get("/readyz", headers=nobody)).status_code == 200


async def test_a_client_certificate_says_who_calls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate = authority.issue("kube", "127.0.0.1")
    shown = authority.issue_client("ada", "ada", "blue")
    server = KubeServer(WallClock(), TOKENS)
    trust = ssl.create_default_context(cafile=str(authority.ca_file))
    trust.load_cert_chain(shown.cert, shown.key)
    async with (
        serve(server.app, cert=certificate.cert, key=certificate.key, clients=authority.ca_file) as listener,
        httpx.AsyncClient(base_url=listener.url, verify=trust, trust_env=False) as client,
    ):
        answer = await act(client, "r")
    await server.close()
    found = answer.json()["status"]["userInfo"]
    assert found == {"username": "ada", "groups": ["blue", "system:authenticated"]}


async def review(client: httpx.AsyncClient, token: str, path: str, kind: str, spec: Body) -> httpx.Response:
    group = "authentication.k8s.io" if kind == "TokenReview" else "authorization.k8s.io"
    body = {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {}, "spec": spec}
    return await client.post(f"/apis/{group}/v1/{path}", json=body, headers=bearer(token))


async def test_a_review_of_another_says_what_they_may_and_by_what(guarded: httpx.AsyncClient) -> None:
    await grant(guarded, [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}])
    wanted = {"verb": "list", "resource": "secrets", "namespace": "default"}
    spec = {"user": "reader", "groups": ["readers"], "resourceAttributes": wanted}
    local = "namespaces/default/localsubjectaccessreviews"
    for path, kind in (
        ("subjectaccessreviews", "SubjectAccessReview"),
        (local, "LocalSubjectAccessReview"),
    ):
        answer = await review(guarded, "a", path, kind, spec)
        assert answer.status_code == 201, answer.text
        status = answer.json()["status"]
        assert status["allowed"] is True
        assert status["reason"].startswith("RBAC: allowed by "), status
    other = {**spec, "resourceAttributes": {**wanted, "verb": "delete"}}
    answer = await review(guarded, "a", "subjectaccessreviews", "SubjectAccessReview", other)
    assert answer.json()["status"] == {"allowed": False}
    metrics = {"user": "reader", "nonResourceAttributes": {"path": "/metrics", "verb": "get"}}
    answer = await review(guarded, "a", "subjectaccessreviews", "SubjectAccessReview", metrics)
    assert answer.json()["status"] == {"allowed": False}


@pytest.mark.parametrize(
    ("path", "kind", "spec", "message"),
    [
        (
            "selfsubjectaccessreviews",
            "SelfSubjectAccessReview",
            {},
            (
                "spec.resourceAttributes: Invalid value: null: "
                "exactly one of nonResourceAttributes or resourceAttributes must be specified"
            ),
        ),
        (
            "subjectaccessreviews",
            "SubjectAccessReview",
            {"nonResourceAttributes": {"path": "/", "verb": "get"}},
            'spec.user: Invalid value: "": at least one of user or group must be specified',
        ),
        (
            "namespaces/default/localsubjectaccessreviews",
            "LocalSubjectAccessReview",
            {"user": "u", "resourceAttributes": {"namespace": "other", "verb": "get"}},
            'spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace',
        ),
    ],
)
async def test_a_review_that_asks_nothing_is_invalid(
    guarded: httpx.AsyncClient, path: str, kind: str, spec: Body, message: str
) -> None:
    answer = await review(guarded, "a", path, kind, spec)
    assert (answer.status_code, answer.json()["message"]) == (
        422,
        f'{kind}.authorization.k8s.io "" is invalid: {message}',
    )


async def test_a_token_is_told_whose_it_is(guarded: httpx.AsyncClient) -> None:
    found = await review(guarded, "a", "tokenreviews", "TokenReview", {"token": "r"})
    user = found.json()["status"]["user"]
    assert (user["username"], user["groups"][-1]) == ("reader", "system:authenticated")
    unknown = await review(guarded, "a", "tokenreviews", "TokenReview", {"token": "none"})
    assert unknown.json()["status"] == {"user": {}, "error": "invalid bearer token"}


async def test_the_rules_of_oneself_are_those_of_a_namespace(guarded: httpx.AsyncClient) -> None:
    path, kind = "selfsubjectrulesreviews", "SelfSubjectRulesReview"
    nowhere = await review(guarded, "r", path, kind, {})
    assert (nowhere.status_code, nowhere.json()["message"]) == (400, "no namespace on request")
    rules = (await review(guarded, "r", path, kind, {"namespace": "default"})).json()["status"]
    assert any("/version" in one["nonResourceURLs"] for one in rules["nonResourceRules"])

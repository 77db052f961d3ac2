"""With exactly the rights of `manifests/rbac/viewer.yaml` all that is read can be read, and no more."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from portal.adapters.kube import KubeCluster
from portal.core.cluster import Resource
from portal.engine.finding import Outcome
from portal.engine.fleet.kinds import kinds_of
from portal.engine.rights import rights_in
from portal.errors import AccessDenied
from portal.settings import KubeSettings, PlatformSettings, Settings
from simulator.backends.certificates import Authority
from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.kube.access.identity import Identity
from simulator.kube.server import KubeServer
from tests.adapters.kube.conftest import kubeconfig
from tests.bench.fleet.server import definitions, roles
from tests.manifests.rendering import MANIFESTS

BOUND = "platform-identity"
KINDS = kinds_of(PlatformSettings())
WHOLE = [kind for kind in KINDS if not kind.metadata_only]
IDENTITIES = {
    "viewer": Identity("somebody", ("portal-viewers",)),
    "half": Identity("half", ("halves",)),
    "comparer": Identity("somebody", ("portal-viewers", "portal-comparers")),
    "admin": Identity("admin", ("system:masters",)),
}


def half_of(documents: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """The same role and binding for another group, without pods."""
    role, binding = documents
    rules = [rule for rule in role["rules"] if "pods" not in rule["resources"]]
    named = {"metadata": {"name": "half", "uid": "half"}}
    subjects = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "halves"}]
    reference = {**binding["roleRef"], "name": "half"}
    bound = {**named, "subjects": subjects, "roleRef": reference}
    return [("clusterroles", {**named, "rules": rules}), ("clusterrolebindings", bound)]


def comparer() -> Iterator[tuple[str, dict[str, Any]]]:
    """The comparer's role and its binding, and one Secret within its reach and one outside, by plural."""
    for item in yaml.safe_load_all((MANIFESTS / "rbac" / "comparer.yaml").read_text()):
        yield f"{item['kind'].lower()}s", {**item, "metadata": {**item["metadata"], "uid": item["kind"]}}


def secret(namespace: str) -> dict[str, Any]:
    return {"metadata": {"name": "keys", "namespace": namespace, "uid": namespace}, "type": "Opaque"}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[str]:
    """A server that enforces the roles of the manifests; its address."""
    authority = Authority(tmp_path / "tls")
    certificate = authority.issue("kube", "127.0.0.1")
    server = KubeServer(WallClock(), IDENTITIES, rbac=True)
    viewer = list(roles())
    for plural, item in [*viewer, *half_of([item for _, item in viewer]), *comparer()]:
        server.store.write(("rbac.authorization.k8s.io", plural), item)
    for definition in definitions():
        server.store.write(("apiextensions.k8s.io", "customresourcedefinitions"), definition)
    for namespace in (BOUND, "elsewhere"):
        server.store.write(("", "secrets"), secret(namespace))
    async with server.running(), serve(server.app, cert=certificate.cert, key=certificate.key) as listener:
        yield listener.url
    await server.close()


def as_whom(server: str, tmp_path: Path, who: str) -> KubeCluster:
    path = kubeconfig(tmp_path / who, server, tmp_path / "tls" / "ca.crt", {"token": who})
    return KubeCluster(KubeSettings(kubeconfig=path))


async def test_a_viewer_lists_and_watches_every_kind_of_a_chain(server: str, tmp_path: Path) -> None:
    async with as_whom(server, tmp_path, "viewer") as cluster:
        for kind in WHOLE:
            resource = await kind.discover(cluster)
            assert resource is not None, kind.table
            listing = await cluster.list(resource)
            async with cluster.watch(resource, resource_version=listing.resource_version):
                pass


async def test_a_viewer_recognises_the_cluster_and_is_denied_secrets_even_as_metadata(
    server: str, tmp_path: Path
) -> None:
    async with as_whom(server, tmp_path, "viewer") as cluster:
        assert await cluster.identity()
        with pytest.raises(AccessDenied):
            await cluster.list(Resource("", "v1", "secrets", "Secret"), metadata_only=True)


async def test_a_comparer_gets_a_secret_by_name_where_it_is_bound_and_nothing_more(
    server: str, tmp_path: Path
) -> None:
    secrets = Resource("", "v1", "secrets", "Secret")
    async with as_whom(server, tmp_path, "comparer") as cluster:
        found = await cluster.get(secrets, "keys", namespace=BOUND)
        assert found["metadata"]["namespace"] == BOUND
        with pytest.raises(AccessDenied):
            await cluster.get(secrets, "keys", namespace="elsewhere")
        with pytest.raises(AccessDenied):
            await cluster.list(secrets)


@pytest.mark.parametrize(
    ("who", "outcomes", "words"),
    [
        ("viewer", [Outcome.GOOD], "every kind of a chain may be listed and watched"),
        ("half", [Outcome.BAD], "may not list pods, watch pods"),
        ("admin", [Outcome.GOOD, Outcome.WARNING], "list secrets, create pods/exec"),
    ],
)
async def test_the_doctor_tells_too_little_and_too_much(
    server: str, tmp_path: Path, who: str, outcomes: list[Outcome], words: str
) -> None:
    async with as_whom(server, tmp_path, who) as cluster:
        findings = await rights_in(cluster, "", Settings())
        assert [finding.outcome for finding in findings] == outcomes
        assert words in " ".join(finding.detail for finding in findings)


async def test_the_clock_of_the_cluster_is_compared_with_this_machines(server: str, tmp_path: Path) -> None:
    async with as_whom(server, tmp_path, "viewer") as cluster:
        skew = await cluster.skew()
        assert skew is not None
        assert abs(skew) < 30

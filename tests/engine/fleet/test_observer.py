"""One look at one tenant or at all."""

from dataclasses import replace

from portal.core.chain import Hop, HopName, HopState, Verdict
from portal.core.facets import Freshness, Source, TenantKey
from portal.core.repository import RepositorySnapshot
from portal.errors import AccessDenied, Unreachable
from tests.core.assess import tenant as made
from tests.engine.fleet.conftest import Bench

FORBIDDEN = AccessDenied("secrets is forbidden", system="kubernetes", operation="list")
DOWN = Unreachable("connection refused", system="kubernetes", operation="list")


def hop_of(verdict: Verdict, name: HopName) -> Hop:
    return next(hop for hop in verdict.hops if hop.name is name)


async def test_a_tenant_whose_systems_are_all_well_is_healthy(bench: Bench) -> None:
    verdict = await bench.fleet.verdict(bench.tenant)
    assert {hop.name: hop.cause for hop in verdict.hops if hop.state is not HopState.HEALTHY} == {}
    assert len(verdict.hops) == 15
    assert bench.cluster.calls["list Pod"] == 1


async def test_the_snapshot_holds_every_tenant_and_every_source(bench: Bench) -> None:
    view = await bench.fleet.snapshot()
    assert [(str(verdict.tenant), verdict.state) for verdict in view.tenants] == [
        ("identity-service/dev", HopState.HEALTHY)
    ]
    assert {line.name: line.state for line in view.sources} == dict.fromkeys(Source, Freshness.LIVE)
    assert view.generated_at == "2026-11-23T12:00:00+00:00"


async def test_tenants_are_those_of_the_repository_and_those_of_the_cluster(bench: Bench) -> None:
    stray = made.application_json()
    stray["metadata"] = {**stray["metadata"], "name": "stray", "labels": {"tenant": "stray"}}
    stray["spec"] = {**stray["spec"], "source": {"path": "tenants/stray/overlays/dev"}}
    bench.cluster.put(stray)
    folder = made.folder()
    others = {
        "waiting": replace(folder, service="waiting", spec=None),
        "abroad": replace(folder, service="abroad", overlays={"staging": {}}),
    }
    held = bench.repository.held
    bench.repository.held = RepositorySnapshot("c2", held.committed_at, {**held.tenants, **others})
    view = await bench.fleet.snapshot()
    assert [str(verdict.tenant) for verdict in view.tenants] == [
        "identity-service/dev",
        "stray/dev",
        "waiting/dev",
    ]
    by_name = {str(verdict.tenant): verdict for verdict in view.tenants}
    assert by_name["stray/dev"].broken_hop is HopName.SPEC
    assert by_name["identity-service/dev"].state is HopState.HEALTHY


async def test_a_folder_argocd_does_not_find_is_a_tenant_that_says_so(bench: Bench) -> None:
    held = bench.repository.held
    hidden = replace(
        made.folder(),
        service="hidden",
        spec=None,
        overlays={},
        paths=("tenants/hidden/overlays/dev/deployment.yaml",),
    )
    bench.repository.held = RepositorySnapshot("c2", held.committed_at, {**held.tenants, "hidden": hidden})
    view = await bench.fleet.snapshot()
    verdict = next(found for found in view.tenants if found.tenant.service == "hidden")
    assert verdict.broken_hop is HopName.SPEC
    assert "config.yaml is missing, so ArgoCD does not see the tenant" in verdict.cause


async def test_what_nobody_claims_is_named(bench: Bench) -> None:
    bench.neon.role_names.append("forgotten-dev")
    view = await bench.fleet.snapshot()
    assert [(orphan.kind, orphan.name) for orphan in view.orphans] == [("role", "forgotten-dev")]


async def test_some_tenants_are_read_without_the_whole_fleet(bench: Bench) -> None:
    view = await bench.fleet.some([bench.tenant, TenantKey("nobody", "dev")])
    assert [(str(found.tenant), found.state) for found in view.tenants] == [
        ("identity-service/dev", HopState.HEALTHY)
    ]
    assert bench.cluster.calls["list Namespace"] == 0


async def test_a_denied_kind_darkens_only_its_own_hop(bench: Bench) -> None:
    bench.cluster.fail["DragonflyInstance"] = FORBIDDEN
    view = await bench.fleet.snapshot()
    unknown = [hop.name for hop in view.tenants[0].hops if hop.state is HopState.UNKNOWN]
    assert unknown == [HopName.CACHE]
    kubernetes = next(line for line in view.sources if line.name is Source.KUBERNETES)
    assert kubernetes.state is Freshness.LIVE


async def test_without_leave_to_list_secrets_the_tenant_is_still_judged(bench: Bench) -> None:
    bench.cluster.fail["Secret"] = FORBIDDEN
    verdict = await bench.fleet.verdict(bench.tenant)
    assert verdict.state is HopState.HEALTHY


async def test_one_lost_system_never_blanks_another(bench: Bench) -> None:
    bench.neon.fail = Unreachable("no route to host", system="neon", operation="branches")
    verdict = await bench.fleet.verdict(bench.tenant)
    unknown = {hop.name for hop in verdict.hops if hop.state is HopState.UNKNOWN}
    assert unknown == {HopName.BRANCH, HopName.COMPUTE, HopName.DATABASE, HopName.AUTH}
    assert "no route to host" in verdict.cause


async def test_a_cluster_that_is_away_leaves_what_others_know(bench: Bench) -> None:
    bench.cluster.fail["*"] = DOWN
    verdict = await bench.fleet.verdict(bench.tenant)
    healthy = {hop.name for hop in verdict.hops if hop.state is HopState.HEALTHY}
    assert healthy == {
        HopName.SPEC,
        HopName.BRANCH,
        HopName.COMPUTE,
        HopName.DATABASE,
        HopName.PARAMETERS,
        HopName.AUTH,
        HopName.STORAGE,
    }
    assert verdict.state is HopState.UNKNOWN


async def test_what_is_not_installed_is_named(bench: Bench) -> None:
    bench.cluster.absent = {"ExternalSecret", "ClusterSecretStore"}
    verdict = await bench.fleet.verdict(bench.tenant)
    assert verdict.broken_hop is HopName.STORE
    assert verdict.cause == "this cluster serves no ClusterSecretStore: External Secrets is not installed"


async def test_a_claim_is_followed_down_to_the_object_that_fails(bench: Bench) -> None:
    waits = [made.ready(kind="Synced"), made.ready("False", "Waiting", "waiting for composite")]
    failed = made.ready("False", "ReconcileError", "secrets is forbidden", "Synced")
    bench.cluster.put(made.claim_json(*waits))
    reference = {"apiVersion": "kubernetes.crossplane.io/v1alpha2", "kind": "Object", "name": "x7-conn"}
    bench.cluster.put(
        made.composite_json("XDragonflyInstance", "x7", *waits, spec={"resourceRefs": [reference]})
    )
    bench.cluster.put(
        made.composite_json("Object", "x7-conn", failed, api="kubernetes.crossplane.io/v1alpha2")
    )
    for verdict in (await bench.fleet.verdict(bench.tenant), (await bench.fleet.snapshot()).tenants[0]):
        assert verdict.broken_hop is HopName.CACHE
        assert verdict.cause == "Object/x7-conn is not well: ReconcileError: secrets is forbidden"


async def test_a_tenant_in_an_environment_its_service_lacks_is_broken_at_its_spec(bench: Bench) -> None:
    verdict = await bench.fleet.verdict(TenantKey("identity-service", "staging"))
    branch = hop_of(verdict, HopName.BRANCH)
    assert branch.state is HopState.UNKNOWN
    assert verdict.broken_hop is HopName.SPEC

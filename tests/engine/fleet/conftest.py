"""One tenant in perfect health behind plain ports."""

from dataclasses import dataclass
from typing import Protocol

import pytest

from portal.core.cluster import KubeObject
from portal.core.facets import TenantKey
from portal.core.repository import RepositorySnapshot
from portal.engine.fleet import Fleet
from portal.settings import EnvironmentSettings, Settings
from tests.core.assess import tenant as made
from tests.engine.fleet.clock import VirtualClock
from tests.engine.fleet.ports import (
    PlainCluster,
    PlainNeon,
    PlainParameters,
    PlainRepository,
    PlainStorage,
    named,
)


@dataclass(frozen=True, slots=True)
class Bench:
    """A fleet and everything it reads."""

    clock: VirtualClock
    cluster: PlainCluster
    neon: PlainNeon
    parameters: PlainParameters
    storage: PlainStorage
    repository: PlainRepository
    fleet: Fleet
    tenant: TenantKey

    def fleet_of(self, settings: Settings, **clusters: PlainCluster) -> Fleet:
        """Another fleet over the same sources, each environment with a cluster of its own."""
        return Fleet(
            neon=self.neon,
            parameters=self.parameters,
            storage=self.storage,
            cluster=self.cluster,
            clusters=clusters,
            repository=self.repository,
            clock=self.clock,
            settings=settings,
            jitter=lambda: 0.0,
        )


class Shelf(Protocol):
    """Where objects can be put."""

    def put(self, item: KubeObject) -> None: ...


def secret_store(message: str = "store validated") -> KubeObject:
    """The store that every ExternalSecret of the tenant reads from."""
    status = {"conditions": [made.ready(reason="Valid", message=message)]}
    return {"kind": "ClusterSecretStore", "metadata": {"name": "aws-parameter-store"}, "status": status}


def furnish(cluster: Shelf) -> None:
    """The objects of one healthy tenant and of the platform under it."""
    cluster.put({"kind": "Namespace", "metadata": {"name": made.NAMESPACE}})
    cluster.put(secret_store())
    cluster.put(made.application_json())
    cluster.put(made.generator_json())
    for name in made.NEEDS.secrets:
        cluster.put(made.external_secret_json(name))
    for name in [*made.NEEDS.secrets, "identity-cache-conn"]:
        cluster.put(named(made.secret_json(name), "Secret"))
    cluster.put(made.claim_json())
    reference = {"apiVersion": "kubernetes.crossplane.io/v1alpha2", "kind": "Object", "name": "x7-conn"}
    cluster.put(made.composite_json("XDragonflyInstance", "x7", spec={"resourceRefs": [reference]}))
    cluster.put(made.composite_json("Object", "x7-conn", api="kubernetes.crossplane.io/v1alpha2"))
    cluster.put(made.deployment_json())
    cluster.put(made.replica_set_json())
    cluster.put(made.pod_json())
    cluster.put(made.pod_json("identity-service-1-b"))


@pytest.fixture
def bench() -> Bench:
    return make_bench()


def make_bench() -> Bench:
    """Everything anew."""
    clock = VirtualClock()
    cluster = PlainCluster()
    furnish(cluster)
    neon = PlainNeon()
    parameters = PlainParameters(made.parameters())
    storage = PlainStorage("identity-files")
    folder = made.folder()
    snapshot = RepositorySnapshot("c1", made.HALF_PAST.timestamp(), {"identity-service": folder})
    repository = PlainRepository(snapshot)
    settings = Settings(environments={"dev": EnvironmentSettings("dev", "p-dev")})
    fleet = Fleet(
        neon=neon,
        parameters=parameters,
        storage=storage,
        cluster=cluster,
        repository=repository,
        clock=clock,
        settings=settings,
        jitter=lambda: 0.0,
    )
    return Bench(clock, cluster, neon, parameters, storage, repository, fleet, made.TENANT)

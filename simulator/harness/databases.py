"""Neon: its control plane behind a gateway, its computes behind their own front, three projects in it."""

from functools import partial

from simulator.backends.containers.reach import Reach
from simulator.backends.serving import LOOPBACK
from simulator.gateway.faults import Action, Faults
from simulator.gateway.neon import BASE, Neon
from simulator.harness import pods
from simulator.harness.backend import Backend
from simulator.harness.ground import BACKENDS, Ground
from simulator.harness.order import ENVIRONMENTS
from simulator.harness.rundir import write_private
from simulator.harness.tiers import CONTAINER
from simulator.neon import container_cluster, process_cluster
from simulator.neon.cluster import Clusters
from simulator.neon.limits import Rate
from simulator.neon.service import NeonService


async def come_up(ground: Ground) -> None:
    """The control plane accepts requests, the projects exist; their computes start when first used."""
    with ground.phases.phase("neon", "accepting"):
        way = await pods.way_in(ground)
        service = NeonService(
            ground.clock,
            ground.order.run_dir,
            ground.authority,
            ground.order.seed,
            ground.minted.neon_callers(),
            personal_keys=ground.minted.neon_people(),
            clusters=_clusters(ground),
            address=_address(way),
            rate=Rate(),
            mishaps=Ruled(ground.faults),
        )
        projects = {name: service.seed_project(f"zerotouch-{name}") for name in ENVIRONMENTS}
        await ground.parts.open("neon", service.running(), stage=BACKENDS)
        ground.neon = service
        listener = await ground.serve(Neon(service.keys), service.app)
    key_file = ground.order.run_dir / "neon_api_key"
    write_private(key_file, ground.minted.neon_key)
    personal_file = ground.order.run_dir / "neon_personal_api_key"
    write_private(personal_file, ground.minted.neon_personal_key)
    ground.endpoints |= {
        "neon_url": listener.url + BASE,
        "neon_api_key_file": str(key_file),
        "neon_personal_api_key_file": str(personal_file),
        "neon_projects": projects,
    }
    front = f"{service.address or LOOPBACK}:{service.port}"
    postgres = service.postgres
    ground.backends += [
        Backend("neon", "our API over OpenAPI v2 shapes", "Neon control plane", endpoint=listener.url + BASE),
        Backend(
            "postgres",
            "PostgreSQL",
            "Neon computes",
            postgres.version,
            postgres.origin,
            front,
            tier=ground.order.tiers.postgres,
            lacks=tuple(f"extension {name}" for name in postgres.lacks),
        ),
    ]


class Ruled:
    """Neon's platform fares as the fault rules say."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def failing(self, action: str) -> str | None:
        posted = self._faults.befall(Action.FAIL, action)
        return None if posted is None else posted.rule.message or f"fault rule {posted.id}"

    def unavailable(self, project_id: str, name: str) -> bool:
        return self._faults.befall(Action.UNAVAILABLE, project_id, name) is not None


def _clusters(ground: Ground) -> Clusters:
    """What computes are made of."""
    if ground.order.tiers.postgres != CONTAINER:
        return process_cluster.running
    return partial(container_cluster.running, ground.container_engine(), ground.order.images.postgres)


def _address(way: Reach | None) -> str | None:
    """Where the front listens besides loopback, and what connection strings name.

    None where loopback means something else to pods and their own address nothing to this machine.
    """
    if way is None:
        return LOOPBACK
    return way.bind if way.bind != LOOPBACK else None

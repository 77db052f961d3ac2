"""Neon: its control plane behind a gateway, its computes behind their own front, three projects in it."""

from simulator.gateway.neon import BASE, Neon
from simulator.harness.backend import Backend
from simulator.harness.ground import BACKENDS, Ground
from simulator.harness.order import ENVIRONMENTS
from simulator.harness.rundir import write_private
from simulator.neon.service import NeonService


async def come_up(ground: Ground) -> None:
    """The control plane accepts requests, the projects exist; their computes start when first used."""
    keys = ground.minted.neon_callers()
    with ground.phases.phase("neon", "accepting"):
        service = NeonService(
            ground.clock, ground.order.run_dir, ground.authority, ground.order.seed, api_keys=keys
        )
        projects = {name: service.seed_project(f"zerotouch-{name}") for name in ENVIRONMENTS}
        await ground.parts.open("neon", service.running(), stage=BACKENDS)
        ground.neon = service
        listener = await ground.serve(Neon(keys), service.app)
    key_file = ground.order.run_dir / "neon_api_key"
    write_private(key_file, ground.minted.neon_key)
    ground.endpoints |= {
        "neon_url": listener.url + BASE,
        "neon_api_key_file": str(key_file),
        "neon_projects": projects,
    }
    front = f"127.0.0.1:{service.port}"
    postgres = service.postgres
    ground.backends += [
        Backend("neon", "our API over OpenAPI v2 shapes", "Neon control plane", endpoint=listener.url + BASE),
        Backend("postgres", "PostgreSQL", "Neon computes", postgres.version, postgres.origin, front),
    ]

"""Where a tenant's database lives."""

from portal.core.neon import NeonBranch
from portal.engine.world import Ports
from portal.settings import EnvironmentSettings


async def branch_of(ports: Ports, where: EnvironmentSettings) -> NeonBranch | None:
    """The branch an environment names, by name or id, else the project's default one."""
    wanted = where.neon_branch
    for candidate in await ports.neon.branches(where.neon_project):
        if wanted in {candidate.name, candidate.id} if wanted else candidate.default:
            return candidate
    return None

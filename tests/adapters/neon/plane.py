"""A simulated control plane as the adapter is wired to it, and waiting for what it starts."""

import asyncio
from collections.abc import Sequence

from portal.adapters.neon import NeonApi
from portal.core.neon import NeonOperation
from portal.core.secrets import Secret
from portal.settings import NeonSettings
from tests.simulator.neon.schema import Judged
from tests.simulator.neon.world import DEADLINE, KEY, Neon, Project

_SUCCESS = {"finished", "skipped"}


def client(world: Neon, key: str = KEY) -> NeonApi:
    async def source() -> Secret:
        return Secret(key)

    return NeonApi(NeonSettings(url=str(world.http.base_url)), source, wire=Judged())


async def finished(api: NeonApi, operations: Sequence[NeonOperation]) -> None:
    """Wait until every operation succeeded."""
    async with asyncio.timeout(DEADLINE):
        for begun in operations:
            while (await api.operation(begun.project_id, begun.id)).status not in _SUCCESS:  # noqa: ASYNC110 - operations are seen by polling
                await asyncio.sleep(0.01)


async def role(api: NeonApi, project: Project, name: str = "app") -> Secret:
    made = await api.create_role(project.id, project.branch_id, name)
    assert made.password is not None
    await finished(api, made.operations)
    return made.password

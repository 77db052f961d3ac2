"""The account goes back to what it was: same ids, same passwords, nothing of what came after."""

from pathlib import Path

import psycopg
import pytest

from simulator.neon.mint import Mint
from tests.simulator.neon.world import connect, neon, one


def test_ids_go_on_from_a_state_told_before() -> None:
    mint = Mint(3)
    state = mint.state()
    first = [mint.project(), mint.branch(), mint.endpoint(), mint.uuid(), str(mint.database())]
    mint.restore(state)
    assert [mint.project(), mint.branch(), mint.endpoint(), mint.uuid(), str(mint.database())] == first


async def test_what_was_seeded_stands_again_with_empty_databases(tmp_path: Path) -> None:
    async with neon(tmp_path) as world:
        project = await world.project()
        before = await world.json("GET", "/projects", 200)
        memory = world.service.remember()
        uri = await project.uri()
        async with await connect(uri) as session:
            await session.execute("CREATE TABLE ours (x int)")
            await project.role("newcomer")
            await project.database("theirs", "newcomer")
            reset = await world.json("POST", f"{project.branch}/roles/neondb_owner/reset_password", 200)
            await project.settled(reset)
            started = await world.json("POST", "/projects", 201, json={"project": {"name": "more"}})
            assert started["operations"]

            await world.service.restart(memory)

            with pytest.raises(psycopg.OperationalError):
                await session.execute("SELECT 1")
        assert await world.json("GET", "/projects", 200) == before
        assert await project.uri() == uri
        assert await project.operations() == []
        roles = await world.json("GET", f"{project.branch}/roles", 200)
        assert [role["name"] for role in roles["roles"]] == ["neondb_owner"]
        async with await connect(uri) as again:
            assert await one(again, "SELECT count(*) FROM pg_tables WHERE tablename = 'ours'") == 0
            assert await one(again, "SELECT count(*) FROM pg_roles WHERE rolname = 'newcomer'") == 0
        await project.role("newcomer")

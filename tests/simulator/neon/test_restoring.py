"""Going back: to a point in time, to another branch, to a snapshot."""

import pytest

from tests.simulator.neon.world import Neon, Project, connect, one

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _write(project: Project, value: int) -> None:
    async with await connect(await project.uri()) as session:
        await session.execute("CREATE TABLE IF NOT EXISTS kept (value int)")
        await session.execute("TRUNCATE kept")
        await session.execute("INSERT INTO kept VALUES (%s)", [value])


async def _read(project: Project) -> int:
    async with await connect(await project.uri()) as session:
        return int(await one(session, "SELECT value FROM kept"))


async def _restore(project: Project, status: int = 200, /, **body: str) -> dict[str, object]:
    answer: dict[str, object] = await project.neon.json(
        "POST", f"{project.branch}/restore", status, json=body
    )
    return answer if status != 200 else dict(await project.settled(answer))


async def test_a_branch_is_put_to_the_head_of_another_and_keeps_its_compute(
    world: Neon, project: Project
) -> None:
    await _write(project, 1)
    child = await project.made_branch("child", "read_write")
    await _write(child, 2)
    await _write(project, 3)
    uri = await child.uri()
    answer = await _restore(child, source_branch_id=project.branch_id)
    branch = answer["branch"]
    assert isinstance(branch, dict)
    assert (branch["id"], branch["current_state"], branch["pending_state"]) == (
        child.branch_id,
        "resetting",
        "ready",
    )
    assert branch["last_reset_at"]
    async with await connect(uri) as session:
        assert await one(session, "SELECT value FROM kept") == 3
    assert (await world.json("GET", child.branch, 200))["branch"]["current_state"] == "ready"
    assert await _read(project) == 3


async def test_the_former_state_is_kept_under_the_name_given_and_takes_the_children(
    world: Neon, project: Project
) -> None:
    await _write(project, 1)
    child = await project.made_branch("child", "read_write")
    await _write(child, 2)
    grandchild = await project.made_branch("grandchild", parent_id=child.branch_id)
    refused = await _restore(child, 422, source_branch_id=project.branch_id)
    assert refused["message"] == "Branch has children, preserve_under_name is required"
    await _restore(child, 409, source_branch_id=project.branch_id, preserve_under_name="grandchild")
    await _restore(child, source_branch_id=project.branch_id, preserve_under_name="before")
    assert await _read(child) == 1
    branches = {b["name"]: b for b in (await project.get("/branches"))["branches"]}
    assert branches["grandchild"]["parent_id"] == branches["before"]["id"]
    assert branches["child"]["parent_id"] == project.branch_id
    before = Project(world, project.id, branches["before"]["id"], "")
    body = {"endpoint": {"branch_id": before.branch_id, "type": "read_write"}}
    await project.settle("POST", f"{project.path}/endpoints", 201, json=body)
    assert await _read(before) == 2
    assert grandchild.branch_id == branches["grandchild"]["id"]


async def test_a_branch_goes_back_in_its_own_past(world: Neon, project: Project) -> None:
    await _write(project, 1)
    own = {"source_branch_id": project.branch_id}
    await project.settle("POST", f"{project.endpoint}/suspend", 200)
    moment = (await world.json("GET", project.endpoint, 200))["endpoint"]["suspended_at"]
    await _restore(project, 422, **own)
    await _restore(project, 422, **own, source_timestamp=moment)
    await _restore(project, 422, **own, source_timestamp="2001-01-01T00:00:00Z", preserve_under_name="old")
    await _restore(project, **own, source_timestamp=moment, preserve_under_name="old")
    assert await _read(project) == 1
    branches = {b["name"]: b for b in (await project.get("/branches"))["branches"]}
    assert branches["main"]["parent_id"] == branches["old"]["id"]


async def test_a_protected_branch_is_not_restored(world: Neon, project: Project) -> None:
    child = await project.made_branch("child")
    await world.json("PATCH", child.branch, 200, json={"branch": {"protected": True}})
    await _restore(child, 422, source_branch_id=project.branch_id)
    await _restore(child, 404, source_branch_id="br-not-there")


async def test_a_snapshot_holds_the_data_as_they_were(world: Neon, project: Project) -> None:
    await _write(project, 1)
    answer = await project.settle("POST", f"{project.branch}/snapshot", 200, params={"name": "before"})
    taken = answer["snapshot"]
    assert taken["source_branch_id"] == project.branch_id
    assert (await project.get("/snapshots"))["snapshots"] == [taken]
    await _write(project, 2)
    path = f"{project.path}/snapshots/{taken['id']}"
    await world.json("PATCH", path, 200, json={"snapshot": {"name": "renamed"}})
    restored = await project.settle("POST", f"{path}/restore", 200, json={"name": "again"})
    branch = restored["branch"]
    assert (branch["name"], branch["restore_status"]) == ("again", "restored")
    assert (branch["restored_from"], branch["restored_as"]) == (taken["id"], project.branch_id)
    again = Project(world, project.id, branch["id"], "")
    body = {"endpoint": {"branch_id": again.branch_id, "type": "read_write"}}
    await project.settle("POST", f"{project.path}/endpoints", 201, json=body)
    assert await _read(again) == 1
    assert await _read(project) == 2
    await project.settle("DELETE", path, 202)
    await world.json("DELETE", path, 404)
    assert (await project.get("/snapshots")) == {"snapshots": []}


async def test_a_restored_branch_takes_the_place_of_the_original(world: Neon, project: Project) -> None:
    await _write(project, 1)
    taken = (await project.settle("POST", f"{project.branch}/snapshot", 200))["snapshot"]
    await _write(project, 2)
    uri = await project.uri()
    path = f"{project.path}/snapshots/{taken['id']}/restore"
    branch = (await project.settle("POST", path, 200))["branch"]
    restored = f"{project.path}/branches/{branch['id']}"
    await project.settle("POST", f"{restored}/finalize_restore", 200, json={"name": "former"})
    async with await connect(uri) as session:
        assert await one(session, "SELECT value FROM kept") == 1
    branches = {b["name"]: b for b in (await project.get("/branches"))["branches"]}
    assert branches["main"]["id"] == branch["id"]
    assert branches["main"]["default"]
    assert branches["main"]["restore_status"] == "finalized"
    assert branches["former"]["id"] == project.branch_id
    await world.json("POST", f"{restored}/finalize_restore", 422)


async def test_restoring_and_finalizing_can_be_one_call(project: Project) -> None:
    await _write(project, 1)
    taken = (await project.settle("POST", f"{project.branch}/snapshot", 200))["snapshot"]
    await _write(project, 2)
    uri = await project.uri()
    path = f"{project.path}/snapshots/{taken['id']}/restore"
    answer = await project.settle("POST", path, 200, json={"finalize_restore": True})
    assert answer["branch"]["name"] == "main"
    async with await connect(uri) as session:
        assert await one(session, "SELECT value FROM kept") == 1


async def test_what_no_snapshot_is_taken_of(world: Neon, project: Project) -> None:
    child = await project.made_branch("child")
    await world.json("POST", f"{child.branch}/snapshot", 422)
    for wrong in (
        {"lsn": "0/1", "timestamp": "2030-01-01T00:00:00Z"},
        {"timestamp": "yesterday"},
        {"expires_at": "2001-01-01T00:00:00Z"},
        {"name": ""},
    ):
        await world.json("POST", f"{project.branch}/snapshot", 400, params=wrong)
    await world.json("POST", f"{project.branch}/snapshot", 422, params={"timestamp": "2001-01-01T00:00:00Z"})


async def test_a_project_has_ten_snapshots_at_most(world: Neon) -> None:
    untouched = await world.project()
    for _ in range(10):
        await untouched.settle("POST", f"{untouched.branch}/snapshot", 200)
    refused = await world.json("POST", f"{untouched.branch}/snapshot", 422)
    assert refused["code"] == "SNAPSHOTS_LIMIT_EXCEEDED"

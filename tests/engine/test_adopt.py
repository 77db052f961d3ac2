"""Taking over what was made by hand: marks are added, values and other files stay."""

from portal.core.parameters import MANAGED_BY
from portal.engine.adopt import adopt, plan_adoption
from portal.engine.rotate import plan_rotation
from tests.engine.fake_pods import PREFIX
from tests.engine.rotating import TENANT, Stage
from tests.engine.scenes import Machine


async def test_parameters_of_somebody_else_become_the_portals_and_keep_their_values() -> None:
    stage = await Stage.of()
    machine = stage.machine()
    names = [name for name in stage.world.parameters if name.startswith(PREFIX)]
    held = {name: stage.world.parameters[name] for name in names}
    for name in names:
        stage.world.tags[name] = {"team": "payments"}
    assert (await plan_rotation(machine.ports, TENANT, "database")).refusals
    plan = await plan_adoption(machine.ports, machine.spec, "dev")
    assert len(plan.changes) == len(names)
    await adopt(machine.ports, plan, machine.progress.append)
    assert {name: stage.world.parameters[name] for name in names} == held
    assert all(stage.world.tags[name]["team"] == "payments" for name in names)
    assert dict([MANAGED_BY]).items() <= stage.world.tags[names[0]].items()
    assert not (await plan_rotation(machine.ports, TENANT, "database")).refusals


async def test_a_folder_made_by_hand_gets_a_service_file_and_keeps_the_others() -> None:
    stage = await Stage.of()
    machine = Machine(stage.world)
    mark = "tenants/identity-service/service.yaml"
    del stage.world.files[mark]
    others = dict(stage.world.files)
    assert any("without a service.yaml" in text for text in (await machine.plan()).refusals)
    plan = await plan_adoption(machine.ports, machine.spec, "dev")
    assert [step.id for step in plan.changes] == ["commit"]
    await adopt(machine.ports, plan, machine.progress.append)
    assert {path: text for path, text in stage.world.files.items() if path != mark} == others
    assert not (await machine.plan()).refusals


async def test_what_is_the_portals_already_is_left_as_it_is() -> None:
    stage = await Stage.of()
    machine = stage.machine()
    plan = await plan_adoption(machine.ports, machine.spec, "dev")
    assert plan.changes == ()
    assert await adopt(machine.ports, plan, machine.progress.append) == ()
    assert stage.world.boundaries.mutations == []

"""The last steps of an offboarding: roles that rotations made, the database, its owner."""

from collections.abc import Mapping

from portal.core.neon import NeonOperation
from portal.core.plan import Step
from portal.engine.offboard.decide import MADE, made_roles
from portal.engine.offboard.run import Run
from portal.engine.saga.logins import OWNER_KEY, owner_parameter
from portal.errors import RefusedError

Data = Mapping[str, str | int]


async def drop_database(run: Run, step: Step) -> Data:
    """The database of the record, where its owner is still the tenant's role."""
    neon, name = run.ports.neon, step.target
    started: list[NeonOperation] = []
    if name != run.offboarding.database:
        raise RefusedError(f"database {name} is not the one this offboarding began with", system="neon")

    async def gone() -> bool | None:
        for database in await neon.databases(run.project, run.branch):
            if database.name == name:
                if database.owner_name != run.spec.role:
                    raise RefusedError(f"database {name} belongs to {database.owner_name} now", system="neon")
                return None
        return True

    async def act() -> bool:
        started.extend(await neon.delete_database(run.project, run.branch, name))
        return True

    await run.ensure(gone, act)
    await _finish(run, started)
    await run.confirm(gone, f"the end of database {name}")
    return {"database": name}


async def drop_role(run: Run, step: Step) -> Data:
    """The owner, through Neon; those that rotations made beside it, by SQL while the owner is there."""
    if step.id.partition(":")[2] == MADE:
        return await _drop_made(run)
    neon, name = run.ports.neon, step.target
    started: list[NeonOperation] = []

    async def gone() -> bool | None:
        return None if name in {role.name for role in await neon.roles(run.project, run.branch)} else True

    async def act() -> bool:
        started.extend(await neon.delete_role(run.project, run.branch, name))
        return True

    await run.ensure(gone, act)
    await _finish(run, started)
    await run.confirm(gone, f"the end of role {name}")
    return {"role": name}


async def _drop_made(run: Run) -> Data:
    owner = await run.value(owner_parameter(run))
    if owner is None:
        raise RefusedError(f"{OWNER_KEY} is gone, so nobody can drop the roles of rotations", system="ssm")
    await run.repeatedly(lambda: run.ports.sql.drop_roles(owner.value, made_roles(run.seen)))
    return {"roles": len(made_roles(run.seen))}


async def _finish(run: Run, operations: list[NeonOperation]) -> None:
    """The call's own operations, or, where its answer was lost, whatever runs on the branch."""
    if operations:
        await run.finish(tuple(operations))
    else:
        await run.settle()

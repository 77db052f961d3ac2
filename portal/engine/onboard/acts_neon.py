"""The Neon steps: compute, role, database, Neon Auth."""

from collections.abc import Mapping

from portal.core.neon import NeonAuth, NeonDatabase, NeonEndpoint, NeonOperation, NeonRole, RoleCreated
from portal.engine.onboard.run import Run
from portal.errors import RefusedError

Data = Mapping[str, str | int]


async def create_compute(run: Run) -> Data:
    """A read_write compute of the branch."""
    neon, started = run.ports.neon, list[NeonOperation]()

    async def look() -> NeonEndpoint | None:
        for endpoint in await neon.endpoints(run.project):
            if endpoint.branch_id == run.branch and endpoint.type == "read_write":
                return endpoint
        return None

    async def act() -> NeonEndpoint:
        started.extend(await neon.create_endpoint(run.project, run.branch))
        return await run.confirm(look, "the compute")

    endpoint = await run.ensure(look, act)
    await _finish(run, started)
    return {"endpoint": endpoint.id}


async def create_role(run: Run) -> Data:
    """The role; its password is kept in memory until it stands in Parameter Store."""
    neon, name = run.ports.neon, run.spec.role
    made: list[RoleCreated] = []

    async def look() -> NeonRole | None:
        for role in await neon.roles(run.project, run.branch):
            if role.name == name:
                await _refuse_foreign_role(run)
                return role
        return None

    async def act() -> NeonRole:
        made.append(await neon.create_role(run.project, run.branch, name))
        return made[-1].role

    await run.ensure(look, act)
    run.password = made[-1].password if made else None
    await _finish(run, [operation for answer in made for operation in answer.operations])
    await run.confirm(look, f"role {name}")
    return {"role": name, "branch": run.branch}


async def create_database(run: Run) -> Data:
    """The database, owned by the role; one of that name with another owner is refused."""
    neon, role = run.ports.neon, run.spec.role
    name = run.spec.database.name if run.spec.database else ""
    started: list[NeonOperation] = []

    async def look() -> NeonDatabase | None:
        for database in await neon.databases(run.project, run.branch):
            if database.name == name:
                if database.owner_name != role:
                    raise RefusedError(
                        f"database {name} belongs to role {database.owner_name}, not to {role}"
                    )
                return database
        return None

    async def act() -> NeonDatabase:
        started.extend(await neon.create_database(run.project, run.branch, name, role))
        return NeonDatabase(name, run.branch, role)

    await run.ensure(look, act)
    await _finish(run, started)
    await run.confirm(look, f"database {name}")
    return {"database": name, "owner": role}


async def enable_auth(run: Run) -> Data:
    """Neon Auth of the branch."""
    neon = run.ports.neon
    database = run.spec.database.name if run.spec.database else ""

    async def look() -> NeonAuth | None:
        return await neon.auth(run.project, run.branch)

    async def act() -> NeonAuth:
        return await neon.enable_auth(run.project, run.branch, database)

    run.auth = await run.ensure(look, act)
    await run.settle()
    return {"provider": run.auth.provider, "jwks": run.auth.jwks_url}


async def _finish(run: Run, operations: list[NeonOperation]) -> None:
    """The call's own operations, or, where its answer was lost, whatever runs on the branch."""
    if operations:
        await run.finish(tuple(operations))
    else:
        await run.settle()


async def _refuse_foreign_role(run: Run) -> None:
    """A role of our name that owns another database is somebody else's."""
    own = run.spec.database.name if run.spec.database else ""
    for database in await run.ports.neon.databases(run.project, run.branch):
        if database.owner_name == run.spec.role and database.name != own:
            raise RefusedError(f"role {run.spec.role} owns database {database.name}, so it is not adopted")

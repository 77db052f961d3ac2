"""A login role with fewer rights than Neon's own: its credential is recorded before the role has it."""

from collections.abc import Mapping
from dataclasses import replace

from portal.core.dsn import with_login
from portal.core.names import rotation_record
from portal.core.required import DATABASE_KEYS
from portal.core.rotation import DATABASE, Rotation
from portal.engine.onboard.credentials import connection_string
from portal.engine.onboard.run import Run
from portal.engine.saga.logins import OWNER_KEY, ensure_login, login_roles, new_password, owner_parameter
from portal.errors import RefusedError

Data = Mapping[str, str | int]


async def create_login(run: Run) -> Data:
    """Record, owner's credential, role; each once. What the record says is what pods will be given."""
    rotation = await _record(run)
    owner_name, owner = owner_parameter(run), rotation.values[OWNER_KEY]
    standing = await run.value(owner_name)
    if standing is None:
        await run.put(owner_name, owner, None)
    await ensure_login(run, owner, rotation.values["direct_url"], rotation.role)
    run.login = rotation
    return {"role": rotation.role}


async def close_login(run: Run) -> Data:
    """Both strings are published, so the record keeps only which role is in use."""
    name = _name(run)
    standing = await run.value(name)
    rotation = Rotation.read(standing.value) if standing else None
    if standing is None or rotation is None:
        raise RefusedError("the record of the login role is gone", system="ssm", target=name)
    closed = replace(rotation, is_open=False, base={}, values={})
    return {"version": await run.put(name, closed.text(), standing)}


async def _record(run: Run) -> Rotation:
    name = _name(run)
    standing = await run.value(name)
    if standing is not None:
        return Rotation.read(standing.value)
    role, password = login_roles(run.tenant)[0], new_password(run)
    pooled = run.spec.database is not None and run.spec.database.pooled
    owner = await connection_string(run, pooled=False)
    through = {key: pooled and key == "database_url" for key in DATABASE_KEYS}
    strings = {key: await connection_string(run, pooled=pooler) for key, pooler in through.items()}
    values = {key: with_login(string, role, password) for key, string in strings.items()}
    rotation = Rotation(run.name, is_open=True, values={**values, OWNER_KEY: owner}, role=role)
    await run.put(name, rotation.text(), None)
    return rotation


def _name(run: Run) -> str:
    return rotation_record(run.seen.prefix, run.tenant.environment, run.tenant.service, DATABASE)

"""Database credentials: two login roles take turns, and the API-made owner stays with the portal."""

from collections.abc import Mapping
from dataclasses import replace

from portal.core.dsn import at_host, user_of, with_login, with_password
from portal.core.plan import Step
from portal.core.rotation import next_role
from portal.core.secrets import Secret
from portal.engine.rotate.decide import role_in_use
from portal.engine.rotate.run import Run
from portal.engine.saga.logins import (
    ensure_login,
    host_of,
    login_roles,
    logs_in,
    new_password,
    owner_group,
    owner_parameter,
)
from portal.errors import Protocol, RefusedError, Unreachable

Data = Mapping[str, str | int]
_OLD_ROLE, _OWNER = "old_role", "owner"
_ATTEMPTS = 4


async def pending(run: Run) -> tuple[Mapping[str, Secret], str]:
    """Connection strings of the role that is next, those of today with another login and at the host of the
    compute that is there now; and its name.
    """
    owner_name = owner_parameter(run)
    names = [*run.seen.subject.names, owner_name]
    found = await run.read(lambda: run.ports.parameters.get(names))
    old = role_in_use(run.seen)
    for name in run.seen.subject.names:
        if user_of(found[name].value) != old:
            raise RefusedError(
                f"logs in as another role than {old}, so somebody else changed it",
                system="ssm",
                operation="rotate",
                target=name,
                hint="Look at its history; nothing was changed.",
            )
    role = next_role(old, login_roles(run.tenant))
    password = new_password(run)
    host = await host_of(run)
    values = {
        item.key: at_host(with_login(found[item.name].value, role, password), host)
        for item in run.seen.subject.items
    }
    direct = next(found[i.name].value for i in run.seen.subject.items if i.key == "direct_url")
    owner = direct if old == run.spec.role else found[owner_name].value if owner_name in found else None
    if owner is None:
        raise RefusedError(
            f"the credential of {run.spec.role}, which makes the other roles, is not in {owner_name}",
            system="ssm",
            hint="Reset its password in Neon and store its connection string there.",
        )
    return {**values, _OLD_ROLE: Secret(old), _OWNER: at_host(owner, host)}, role


async def follow_compute(run: Run) -> int:
    """Have the record lead to the compute that is there now; what it published at the one before is replaced
    once more. The version of the record.
    """
    record, host = run.rotation, await host_of(run)
    standing = await run.read(lambda: run.ports.parameters.get(list(record.base)))
    keys = {item.name: item.key for item in run.seen.subject.items}
    ours = {
        name: found.version
        for name, found in standing.items()
        if found.value.same_as(record.values[keys[name]])
    }
    values = {
        key: value if key == _OLD_ROLE else at_host(value, host) for key, value in record.values.items()
    }
    return await run.put_record(replace(record, base={**record.base, **ours}, values=values))


async def set_role(run: Run, _: Step) -> Data:
    """The next role with its password; done once it logs in."""
    record = run.rotation
    await ensure_login(run, record.values[_OWNER], record.values["direct_url"], record.role)
    return {"role": record.role}


async def retire(run: Run, step: Step) -> Data:
    """The old credential ends: an owner's password changes, a login role may not log in."""
    record, old = run.rotation, step.target
    if old == run.spec.role:
        await _keep_owner(run)
    else:
        owner = record.values[_OWNER]
        left = await run.repeatedly(lambda: run.ports.sql.forbid_login(owner, old))
        if left:
            run.notice(f"{left} sessions of {old} are still open somewhere; they end with their clients")
    return {"role": old}


async def _keep_owner(run: Run) -> None:
    """Take the owner's published password out of use; the new one is kept for the next rotation only."""
    record, name = run.rotation, owner_parameter(run)
    published = record.values[_OWNER]
    standing = (await run.read(lambda: run.ports.parameters.get([name]))).get(name)
    works = await logs_in(run, published)
    if standing is not None and not works and await logs_in(run, standing.value):
        return
    if works:
        # What the owner made since the tables got their common owner goes the same way.
        await run.repeatedly(lambda: run.ports.sql.share_ownership(published, owner_group(run.tenant)))
    kept = with_password(published, await _reset(run))
    await run.put(name, kept, standing)
    if not await logs_in(run, kept) or await logs_in(run, published):
        raise Protocol(
            "the old password was not replaced", system="neon", operation="reset", target=run.spec.role
        )


async def _reset(run: Run) -> Secret:
    """A new password of the owner, which no pod uses any more; repeating it harms nobody."""
    neon, role = run.ports.neon, run.spec.role
    for _ in range(_ATTEMPTS):
        try:
            answer = await run.mutate(lambda: neon.reset_password(run.project, run.branch, role))
        except Unreachable:
            await run.settle()
            continue
        await run.finish(answer.operations)
        if answer.password is not None:
            return answer.password
    raise Protocol("a password reset gave no password", system="neon", operation="reset", target=role)

"""Where the connection strings come from, without ever resetting a password somebody may use."""

from portal.core.dsn import assemble, password_of, pooled_host, with_password
from portal.core.names import parameter_name
from portal.core.neon import RoleCreated
from portal.core.plan import StepKind
from portal.core.required import DATABASE_KEYS
from portal.core.secrets import Secret
from portal.engine.audited import Deed, audited
from portal.engine.onboard.run import Run
from portal.engine.saga.logins import host_of
from portal.engine.saga.recall import DONE, INTENT
from portal.errors import Precondition, Protocol, RefusedError, Unreachable

RESET = "password-reset"
_ATTEMPTS = 4


async def connection_string(run: Run, *, pooled: bool) -> Secret:
    """As Neon gives it; with the password put in, or put together, where Neon cannot tell the password."""
    neon, spec = run.ports.neon, run.spec
    database = spec.database.name if spec.database else ""

    async def ask() -> Secret | None:
        try:
            return await neon.connection_uri(run.project, run.branch, database, spec.role, pooled=pooled)
        except Precondition:
            return None

    uri = await run.read(ask)
    if uri is not None and password_of(uri):
        return uri
    password = await _password(run)
    if uri is not None:
        return with_password(uri, password)
    host = await host_of(run)
    return assemble(spec.role, password, pooled_host(host) if pooled else host, database)


async def _password(run: Run) -> Secret:
    """In order: of this run, revealed by Neon, out of a string already published, reset under guard."""
    if run.password is not None:
        return run.password
    try:
        run.password = await run.read(
            lambda: run.ports.neon.reveal_password(run.project, run.branch, run.spec.role)
        )
    except Precondition:
        published = await _published(run)
        run.password = await _reset(run) if published is None else published
    return run.password


async def _published(run: Run) -> Secret | None:
    """The password inside a connection string that stands; None where none stands."""
    names = [
        parameter_name(run.seen.prefix, run.spec.environment, run.spec.service, key) for key in DATABASE_KEYS
    ]
    found = await run.read(lambda: run.ports.parameters.get(names))
    if not found:
        _refuse_reset_unless_ours(run, names)
        return None
    for value in found.values():
        password = password_of(value.value)
        if password is not None:
            return password
    raise _cannot(run, "the published connection string holds no password")


def _refuse_reset_unless_ours(run: Run, names: list[str]) -> None:
    """Only a role this journal created and never published has a password nobody can be using."""
    if run.seen.recollection.published & set(names):
        raise _cannot(run, "its password was published before and the parameter is gone")
    if StepKind.ROLE not in run.seen.recollection.ours | run.intended:
        raise _cannot(run, "this machine's journal does not know the role as made by the portal")


async def _reset(run: Run) -> Secret:
    """A new password for a role that was never published; repeating it harms nobody."""
    role = run.spec.role
    await run.record(INTENT, RESET, {"role": role})
    deed = Deed(RESET, role, str(run.spec.tenant), run.name, "lost before it was published")
    async with audited(run.ports, deed):
        password = await _reset_once(run)
    await run.record(DONE, RESET, {"role": role})
    return password


async def _reset_once(run: Run) -> Secret:
    neon, role = run.ports.neon, run.spec.role
    run.notice(f"the password of {role} was lost and is stored nowhere: resetting it, it was never published")
    answer: RoleCreated | None = None
    for _ in range(_ATTEMPTS):
        try:
            answer = await run.mutate(lambda: neon.reset_password(run.project, run.branch, role))
        except Unreachable:
            await run.settle()
            continue
        break
    if answer is None or answer.password is None:
        raise Protocol("a password reset gave no password", system="neon", operation="reset", target=role)
    await run.finish(answer.operations)
    return answer.password


def _cannot(run: Run, why: str) -> RefusedError:
    return RefusedError(
        f"the password of role {run.spec.role} cannot be recovered: {why}",
        system="neon",
        operation="reveal_password",
        target=run.spec.role,
        hint="Neon does not store it (store_passwords is off). Rotate the credential as a step of its own.",
    )

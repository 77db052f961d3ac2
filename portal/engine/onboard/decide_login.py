"""Whether pods log in as the owner of the database, or as a role beside it."""

from portal.core.facets import Present
from portal.core.names import parameter_name, rotation_record
from portal.core.plan import StepKind
from portal.core.required import DATABASE_KEYS
from portal.core.rotation import DATABASE
from portal.core.spec import LIMITED
from portal.engine.onboard.observe import Seen
from portal.engine.saga.draft import Draft
from portal.engine.saga.logins import login_roles

LOGIN = "login"


def login_steps(draft: Draft, seen: Seen) -> None:
    """The role, where the service asks for a limited one; what is published stays until it is rotated."""
    if not draft.known(seen.parameters, "which parameters exist") or not draft.known(
        seen.login, "the record of the login role"
    ):
        return
    record = seen.login.value if isinstance(seen.login, Present) else None
    role, step = login_roles(seen.spec.tenant)[0], f"{StepKind.ROLE}:{LOGIN}"
    missing = [key for key in DATABASE_KEYS if key not in _published(seen)]
    if record is not None and not record.is_open and missing:
        draft.refuse(
            f"{', '.join(missing)} is gone, and its role changes with every rotation: put its last value "
            "back, or move the rotation's record and the other string away"
        )
    if not wanted(seen):
        return
    if record is not None and (record.base or not record.is_open):
        draft.keep(StepKind.ROLE, record.role, "is made", step=step)
    elif record is not None or len(missing) == len(DATABASE_KEYS):
        detail = f"may use the tenant's tables and nothing else; {seen.spec.role} stays with the portal"
        draft.create(StepKind.ROLE, role, "pods log in as it", step=step, detail=detail)
    else:
        draft.keep(StepKind.ROLE, seen.spec.role, "logs in", step=step)
        draft.warn(
            f"pods log in as the owner {seen.spec.role}, not as a limited role: rotate the credential to "
            f"change that: portal rotate {seen.spec.tenant} database"
        )


def close_step(draft: Draft, seen: Seen) -> None:
    """Once both strings stand the record needs no values."""
    if draft.plans_step(f"{StepKind.ROLE}:{LOGIN}"):
        draft.change(StepKind.CLOSE, _record_name(seen), "drops the values from the record")


def wanted(seen: Seen) -> bool:
    """Whether the service asks for a limited role."""
    return seen.spec.database is not None and seen.spec.database.login == LIMITED


def _published(seen: Seen) -> set[str]:
    standing = seen.parameters.value if isinstance(seen.parameters, Present) else {}
    service, environment = seen.spec.service, seen.spec.environment
    return {k for k in DATABASE_KEYS if parameter_name(seen.prefix, environment, service, k) in standing}


def _record_name(seen: Seen) -> str:
    return rotation_record(seen.prefix, seen.spec.environment, seen.spec.service, DATABASE)

"""The Neon steps of a plan: branch, compute, role, database, Neon Auth."""

from portal.core.facets import Absent, Present
from portal.core.names import parameter_name
from portal.core.plan import StepKind
from portal.core.required import DATABASE_KEYS
from portal.engine.onboard.decide_login import login_steps
from portal.engine.onboard.observe import Seen
from portal.engine.saga.draft import Draft

# Neon's own limit per branch, for roles and for databases alike.
PER_BRANCH = 500


def neon_steps(draft: Draft, seen: Seen) -> None:
    """Nothing where the service has no database."""
    if not seen.spec.database:
        return
    if not _branch(draft, seen):
        return
    _compute(draft, seen)
    if draft.known(seen.roles, "the roles of the branch") and draft.known(
        seen.databases, "the databases of the branch"
    ):
        _role(draft, seen)
        _database(draft, seen)
        login_steps(draft, seen)
    if seen.spec.auth and draft.known(seen.auth, "whether Neon Auth is enabled"):
        _auth(draft, seen)


def _branch(draft: Draft, seen: Seen) -> bool:
    project = seen.where.neon_project
    if not draft.known(seen.project, f"project {project}"):
        return False
    if isinstance(seen.project, Absent):
        draft.refuse(f"Neon project {project} does not exist, or this key cannot see it; see [environments]")
        return False
    if not draft.known(seen.branch, f"the branches of {project}"):
        return False
    if isinstance(seen.branch, Absent):
        wanted = seen.where.neon_branch or "default branch"
        draft.refuse(f"Neon project {project} has no {wanted}; create it in Neon, the portal creates none")
        return False
    if isinstance(seen.branch, Present):
        branch = seen.branch.value
        if branch.state not in {"ready", ""}:
            draft.warn(f"branch {branch.name} is {branch.state}, not ready: Neon may answer slowly")
        draft.keep(StepKind.BRANCH, f"{branch.name} ({branch.id})", "exists")
    return True


def _compute(draft: Draft, seen: Seen) -> None:
    if not draft.known(seen.endpoint, "the compute of the branch"):
        return
    if isinstance(seen.endpoint, Present):
        endpoint = seen.endpoint.value
        if endpoint.disabled:
            draft.warn(
                f"compute {endpoint.id} is disabled: no connection wakes it until it is enabled in Neon"
            )
        draft.keep(StepKind.COMPUTE, endpoint.id, f"exists, {endpoint.state}")
    else:
        draft.create(
            StepKind.COMPUTE, "read_write compute", "the branch has none", known_after=("endpoint id", "host")
        )
        if _published(seen):
            draft.warn(
                "the published connection strings name a compute that is gone; once there is another: "
                f"portal rotate {seen.spec.tenant} database"
            )


def _role(draft: Draft, seen: Seen) -> None:
    roles = seen.roles.value if isinstance(seen.roles, Present) else ()
    databases = seen.databases.value if isinstance(seen.databases, Present) else ()
    role, own = seen.spec.role, seen.spec.database.name if seen.spec.database else ""
    if any(candidate.name == role for candidate in roles):
        foreign = sorted(item.name for item in databases if item.owner_name == role and item.name != own)
        if foreign:
            draft.refuse(
                f"role {role} owns {', '.join(foreign)}: it is not this tenant's alone and is not adopted; "
                "give those to another role, or name the service otherwise"
            )
        draft.keep(StepKind.ROLE, role, "exists")
        return
    published = _published(seen)
    if published:
        draft.refuse(
            f"{', '.join(published)} already published, but role {role} does not exist on the branch: a "
            "published credential is not replaced; move the parameters away to onboard anew"
        )
    if len(roles) >= PER_BRANCH:
        draft.refuse(f"the branch holds {len(roles)} roles, Neon allows {PER_BRANCH}; choose another branch")
    draft.create(StepKind.ROLE, role, "does not exist", known_after=("password",))
    neighbours = f"{len(databases)} database{'' if len(databases) == 1 else 's'}"
    draft.warn(f"creating a role drops the open connections of its branch, which holds {neighbours}")
    if isinstance(seen.project, Present) and not seen.project.value.store_passwords:
        draft.warn(
            f"project {seen.project.value.id} does not store passwords: until it is in Parameter Store, "
            "the new password exists in this run only"
        )


def _database(draft: Draft, seen: Seen) -> None:
    databases = seen.databases.value if isinstance(seen.databases, Present) else ()
    name, role = seen.spec.database.name if seen.spec.database else "", seen.spec.role
    for database in databases:
        if database.name == name:
            if database.owner_name != role:
                draft.refuse(
                    f"database {name} belongs to role {database.owner_name}, not to {role}; name another one "
                    "with spec.database.name"
                )
            draft.keep(StepKind.DATABASE, name, f"exists, owned by {database.owner_name}")
            return
    if len(databases) >= PER_BRANCH:
        draft.refuse(
            f"the branch holds {len(databases)} databases, Neon allows {PER_BRANCH}; choose another branch"
        )
    draft.create(StepKind.DATABASE, name, "does not exist", detail=f"owned by {role}")
    if "-" in name:
        draft.warn(f'database name {name} holds a hyphen: in SQL it is written "{name}", with quotes')


def _auth(draft: Draft, seen: Seen) -> None:
    if isinstance(seen.auth, Present):
        draft.keep(StepKind.AUTH, seen.auth.value.provider, "enabled on the branch")
    else:
        draft.create(StepKind.AUTH, "Neon Auth", "not enabled on the branch", known_after=("JWKS address",))


def _published(seen: Seen) -> list[str]:
    """Keys of connection strings that stand in Parameter Store."""
    standing = seen.parameters.value if isinstance(seen.parameters, Present) else {}
    spec = seen.spec
    return [
        key
        for key in DATABASE_KEYS
        if parameter_name(seen.prefix, spec.environment, spec.service, key) in standing
    ]

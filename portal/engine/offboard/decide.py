"""From what was seen to the plan of an offboarding: pure. Unknown never leads to a removal."""

from portal.core.facets import Absent, Denied, Present
from portal.core.names import OFFBOARDING, application_name, parameter_name, tenant_folder
from portal.core.plan import Operation, Plan, StepKind
from portal.core.required import DATABASE_KEYS
from portal.engine.offboard.observe import Seen
from portal.engine.saga.draft import Draft
from portal.engine.saga.logins import OWNER_KEY, login_roles, owner_group

MADE = "made"


def decide(seen: Seen, *, keep_database: bool) -> Plan:
    """The steps that are left."""
    draft = Draft(Operation.OFFBOARD)
    if seen.finished:
        draft.keep(StepKind.RECORD, seen.record_name, "this offboarding has come to its end")
        return draft.plan(seen.tenant, seen.whole)
    known = draft.known(seen.parameters, "which parameters exist")
    known = known and draft.known(seen.tags, "whose parameters they are")
    known = _archivable(draft, seen) and known
    known &= draft.known(seen.application, "the ArgoCD Application")
    known &= draft.known(seen.pods, "which pods run")
    if seen.spec.database:
        known &= draft.known(seen.branch, "the Neon branch")
        known = (
            known and draft.known(seen.roles, "its roles") and draft.known(seen.databases, "its databases")
        )
    if known:
        _steps(draft, seen, database_of(seen, keep_database=keep_database))
    return draft.plan(seen.tenant, seen.whole)


def database_of(seen: Seen, *, keep_database: bool) -> str:
    """The database that goes with the tenant: by the record once there is one, else where the portal's own
    parameters, or its journal, say that it was made for it.
    """
    if seen.record:
        return seen.record.database
    if keep_database or not seen.spec.database:
        return ""
    service, environment = seen.tenant.service, seen.tenant.environment
    published = {parameter_name(seen.prefix, environment, service, key) for key in DATABASE_KEYS}
    marked = published & set(seen.ours) or StepKind.DATABASE in seen.recollection.ours
    return seen.spec.database.name if marked else ""


def made_roles(seen: Seen) -> tuple[str, ...]:
    """Roles a rotation made beside the owner."""
    return (*login_roles(seen.tenant), owner_group(seen.tenant))


def keys_of(seen: Seen) -> tuple[str, ...]:
    """What the portal's own parameters are called below the tenant's path."""
    path = parameter_name(seen.prefix, seen.tenant.environment, seen.tenant.service, "")
    keys = (name.removeprefix(path) for name in seen.ours)
    return tuple(key for key in keys if key != OFFBOARDING)


def _steps(draft: Draft, seen: Seen, database: str) -> None:
    if seen.record:
        draft.keep(StepKind.RECORD, seen.record_name, f"goes on with offboarding {seen.record.id}")
    else:
        draft.create(StepKind.RECORD, seen.record_name, "says what the tenant was, once git has forgotten")
    _git(draft, seen)
    _cluster(draft, seen)
    kept = set(DATABASE_KEYS) | {OWNER_KEY} if seen.spec.database and not database else {OWNER_KEY}
    for key in keys_of(seen):
        if key not in kept:
            _archive(draft, seen, key)
    if database:
        _database(draft, seen, database)
    if database and OWNER_KEY in keys_of(seen):
        _archive(draft, seen, OWNER_KEY)
    draft.remove(StepKind.CLOSE, seen.record_name, "nothing is left to do")
    _left(draft, seen, database)


def _git(draft: Draft, seen: Seen) -> None:
    folder = tenant_folder(seen.tenant.service)
    if not seen.folder or not seen.overlay_paths:
        draft.keep(StepKind.COMMIT, folder, "nothing of this environment stands in git")
    else:
        count = len(seen.overlay_paths) if seen.others else len(seen.folder.paths)
        rest = f"the folder stays for {', '.join(seen.others)}" if seen.others else "the folder goes"
        draft.remove(StepKind.COMMIT, folder, f"{count} files", detail=rest)
    draft.change(StepKind.REFRESH, application_name(seen.tenant.service), "so that ArgoCD reads it now")


def _cluster(draft: Draft, seen: Seen) -> None:
    pods = len(seen.pods.value) if isinstance(seen.pods, Present) else 0
    target = f"{seen.spec.namespace}/{seen.tenant.service}"
    there = isinstance(seen.application, Present) or pods > 0
    reason = f"waits until the Application and {pods} pods are gone" if there else "makes sure nothing runs"
    draft.remove(StepKind.GONE, target, reason)


def _archivable(draft: Draft, seen: Seen) -> bool:
    """Whether last values could be kept; found out before anything is taken away."""
    if not isinstance(seen.archive, Denied):
        return draft.known(seen.archive, "whether last values can be kept")
    folder = seen.archive_name.rpartition("/nothing/")[0]
    draft.refuse(
        f"these credentials may not look into {folder}, where last values are kept: take those of "
        "manifests/iam/offboarder.json; in a rehearsal --set aws.profile=breakglass"
    )
    return False


def _archive(draft: Draft, seen: Seen, key: str) -> None:
    name = parameter_name(seen.prefix, seen.tenant.environment, seen.tenant.service, key)
    step = f"{StepKind.ARCHIVE}:{key}"
    draft.remove(StepKind.ARCHIVE, name, "its last value is kept in the archive", step=step)


def _keep(seen: Seen) -> str:
    return f"leave it with: portal offboard {seen.tenant} --keep-database"


def _database(draft: Draft, seen: Seen, name: str) -> None:
    databases = (
        {d.name: d.owner_name for d in seen.databases.value} if isinstance(seen.databases, Present) else {}
    )
    roles = {role.name for role in seen.roles.value} if isinstance(seen.roles, Present) else set()
    owner = databases.get(name)
    if owner not in {None, seen.spec.role}:
        draft.refuse(f"database {name} belongs to role {owner}, so it is not the tenant's; {_keep(seen)}")
    foreign = sorted(d for d, who in databases.items() if who == seen.spec.role and d != name)
    if foreign:
        draft.refuse(
            f"role {seen.spec.role} owns {', '.join(foreign)} too: it is not this tenant's alone; "
            f"{_keep(seen)}"
        )
    if owner and OWNER_KEY in keys_of(seen):
        made = ", ".join(made_roles(seen))
        draft.remove(StepKind.ROLE, made, "made by rotations", step=f"{StepKind.ROLE}:{MADE}")
    if owner:
        draft.remove(StepKind.DATABASE, name, "with everything in it; this cannot be taken back")
    if seen.spec.role in roles:
        draft.remove(StepKind.ROLE, seen.spec.role, "owns nothing any more")


def _left(draft: Draft, seen: Seen, database: str) -> None:
    """What stays, so that nobody looks for it later."""
    spec = seen.spec
    if seen.foreign:
        draft.warn(f"left, because the portal did not make it: {', '.join(seen.foreign)}")
    if spec.database and not database:
        draft.warn(f"database {spec.database.name}, its role and its connection strings are kept")
    if spec.storage:
        draft.warn(f"bucket {spec.storage.bucket} is kept with its files: the portal deletes no files")
    if spec.auth:
        draft.warn("Neon Auth stays enabled: it belongs to the branch")
    if isinstance(seen.application, Absent) and not seen.overlay_paths and not seen.record:
        draft.warn("nothing of the tenant runs or stands in git already")

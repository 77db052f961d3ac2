"""From what was seen to the plan of a rotation: pure. What is not known, or not ours, is never replaced."""

from collections.abc import Mapping

from portal.core.facets import Absent, Present
from portal.core.objects.meta import number
from portal.core.parameters import MANAGED_BY
from portal.core.plan import Operation, Plan, StepKind
from portal.core.rotation import DATABASE, JWT, next_role
from portal.engine.rotate.decide_jwt import jwt_steps
from portal.engine.rotate.observe import Seen
from portal.engine.rotate.steps import published, rollout, sync
from portal.engine.saga.draft import Draft
from portal.engine.saga.logins import login_roles


def decide(seen: Seen, *, overlap: bool, finished: bool) -> Plan:
    """The steps that are left; none where the rotation this machine began has come to its end. Without
    `overlap` an old JWT key is refused as soon as the new one stands.
    """
    draft = Draft(Operation.ROTATE, seen.subject.name)
    if _known(draft, seen):
        if finished:
            draft.keep(StepKind.RECORD, seen.record_name, "this rotation has come to its end")
        else:
            _steps(draft, seen, overlap=overlap)
    return draft.plan(seen.tenant, seen.whole)


def role_in_use(seen: Seen) -> str:
    """The login role whose credential is published; the owner until the first rotation."""
    record = seen.record.value if isinstance(seen.record, Present) else None
    if record is None:
        return seen.spec.role
    old = record.values.get("old_role")
    return old.reveal("name a role") if record.is_open and old else record.role


def _known(draft: Draft, seen: Seen) -> bool:
    known = draft.known(seen.parameters, "which parameters exist")
    known &= draft.known(seen.tags, "whose parameters they are")
    known &= draft.known(seen.record, "the record of the rotation")
    known &= draft.known(seen.secret_kind, "which version of ExternalSecret is served")
    known &= draft.known(seen.deployment, f"Deployment {seen.tenant.service}")
    if seen.subject.name == DATABASE:
        known &= draft.known(seen.branch, "the Neon branch") and draft.known(seen.roles, "its roles")
        known &= draft.known(seen.host, "its compute")
    return known


def _steps(draft: Draft, seen: Seen, *, overlap: bool) -> None:
    _refusals(draft, seen)
    _record(draft, seen)
    if seen.subject.name == JWT:
        jwt_steps(draft, seen, overlap=overlap)
    else:
        _role(draft, seen)
        for item in seen.subject.items:
            published(draft, seen, item)
        sync(draft, seen, seen.subject.secret)
        rollout(draft, seen, replicas(seen))
        _retire(draft, seen)
    draft.change(StepKind.CLOSE, seen.record_name, "drops the values from the record")


def _refusals(draft: Draft, seen: Seen) -> None:
    versions, record = seen.standing_versions, seen.open_record
    if record and not record.base:
        draft.refuse(
            f"{seen.record_name} belongs to an onboarding that is not finished; end that first: "
            f"portal apply -f service.yaml -e {seen.tenant.environment}"
        )
    missing = [name for name in seen.subject.names if name not in versions]
    if missing:
        draft.refuse(
            f"{', '.join(missing)} does not exist; onboard first: "
            f"portal apply -f service.yaml -e {seen.tenant.environment}"
        )
    foreign = [name for name, tags in _tags(seen).items() if tags.get(MANAGED_BY[0]) != MANAGED_BY[1]]
    if foreign:
        draft.refuse(
            f"{', '.join(foreign)} was not made by the portal (no tag {MANAGED_BY[0]}={MANAGED_BY[1]}); take "
            f"it over with: portal adopt {seen.tenant}"
        )
    moved = [
        name for name, base in (record.base if record else {}).items() if versions.get(name, base) - base > 1
    ]
    if moved:
        draft.refuse(
            f"{', '.join(moved)} was changed by somebody else since the rotation began; look at its history, "
            f"then move {seen.record_name} away to begin a new rotation"
        )
    if isinstance(seen.deployment, Absent):
        draft.refuse(
            f"Deployment {seen.tenant.service} does not exist: no pod could prove a new value; look where "
            f"the chain ends: portal trace {seen.tenant}"
        )
    if isinstance(seen.roles, Present) and seen.spec.role not in {role.name for role in seen.roles.value}:
        draft.refuse(
            f"role {seen.spec.role} does not exist on the Neon branch; look where the chain ends: "
            f"portal trace {seen.tenant}"
        )


def _tags(seen: Seen) -> Mapping[str, Mapping[str, str]]:
    return seen.tags.value if isinstance(seen.tags, Present) else {}


def _record(draft: Draft, seen: Seen) -> None:
    if seen.is_astray:
        draft.change(StepKind.RECORD, seen.record_name, "leads to the compute that is there now")
        return
    if seen.open_record:
        draft.keep(StepKind.RECORD, seen.record_name, f"goes on with rotation {seen.open_record.id}")
        return
    asked = seen.subject.name not in {DATABASE, JWT}
    if asked:
        draft.ask(seen.subject.name)
    reason = "keeps what is about to stand, so that it cannot be lost"
    add = draft.change if isinstance(seen.record, Present) else draft.create
    add(StepKind.RECORD, seen.record_name, reason, detail="value to be given" if asked else "new value")


def _role(draft: Draft, seen: Seen) -> None:
    if seen.subject.name != DATABASE:
        return
    old, record = role_in_use(seen), seen.open_record
    new = record.role if record else next_role(old, login_roles(seen.tenant))
    draft.change(
        StepKind.ROLE, new, "logs in with a new password", detail=f"{old} goes on until it is retired"
    )
    if old == seen.spec.role:
        draft.warn(
            f"from now on pods log in as {new}, which may do with the tenant's tables what {old} may and "
            "nothing else in Neon; tables get a common owner for that, which takes a short lock on each"
        )
        draft.warn(
            f"retiring {old} resets its password in Neon, which drops the open connections of the branch "
            "once; clients can open them again at once"
        )


def replicas(seen: Seen) -> int:
    """How many pods the Deployment asks for."""
    found = seen.deployment.value if isinstance(seen.deployment, Present) else {}
    return number(found, "spec", "replicas", default=1)


def _retire(draft: Draft, seen: Seen) -> None:
    if seen.subject.name == DATABASE:
        old = role_in_use(seen)
        how = (
            "its password is kept by the portal alone" if old == seen.spec.role else "may not log in any more"
        )
        draft.remove(StepKind.RETIRE, old, "no pod uses it any more", detail=how)
        return
    draft.warn("the old value still works wherever it was issued: revoke it there afterwards")
    if seen.subject.shared:
        draft.warn(
            f"{seen.subject.name} is shared by all tenants of {seen.tenant.environment}: theirs follow with "
            "their next refresh, within an hour"
        )

"""A JWT key pair: verifiers learn the next key, then it signs, then the old one is forgotten."""

from portal.core.facets import Absent, Present
from portal.core.names import application_name, jwt_overlap_secret, tenant_folder
from portal.core.objects.meta import number
from portal.core.plan import StepKind
from portal.core.render import overlap_file
from portal.engine.rotate.observe import Seen
from portal.engine.rotate.steps import rollout, staged, sync
from portal.engine.saga.draft import Draft

NEXT, SIGN, RETIRE = "next", "sign", "retire"


def jwt_steps(draft: Draft, seen: Seen, *, overlap: bool) -> None:
    """All stages that are left; without overlap the new key signs at once."""
    known = not overlap or draft.known(seen.application, "the ArgoCD Application")
    known &= draft.known(seen.standing, "what the tenant's overlay says")
    if not known:
        return
    if isinstance(seen.application, Absent):
        draft.refuse(
            "the ArgoCD Application does not exist: nothing would deploy the second key; look where the "
            f"chain ends: portal trace {seen.tenant}"
        )
    stage = seen.open_record.stage if seen.open_record else ""
    if overlap and not _signs(seen):
        _next(draft, seen, begun=stage == NEXT)
    if stage != RETIRE:
        _sign(draft, seen, overlap=overlap and (_stands(seen) or not _signs(seen)))
    _retire(draft, seen, overlap=overlap, begun=stage == RETIRE)


def _next(draft: Draft, seen: Seen, *, begun: bool) -> None:
    """Pods serve the next public key beside the present one; once caches expire it may sign."""
    if not begun:
        _second_key(draft, seen, NEXT, "verifiers learn the next key before it signs")
        _commit(draft, seen, NEXT)
        sync(draft, seen, jwt_overlap_secret(seen.tenant.service), stage=NEXT)
        rollout(draft, seen, _pods(seen), stage=NEXT)
    _wait(draft, "key set", "caches of the key set expire", NEXT)


def _sign(draft: Draft, seen: Seen, *, overlap: bool) -> None:
    """The new pair signs, and with an overlap the old public key is served beside it."""
    folder, keys = seen.subject.names[0].rpartition("/")[0], ",".join(i.key for i in seen.subject.items)
    target = f"{folder}/{{{keys}}}"
    if _signs(seen):
        draft.keep(StepKind.KEY_PAIR, target, "is the new pair")
    else:
        detail = f"new {seen.spec.jwt.algorithm if seen.spec.jwt else ''} key"
        draft.change(StepKind.KEY_PAIR, target, "the new key signs", detail=detail)
    if overlap:
        _second_key(draft, seen, SIGN, "tokens of the old key are still accepted")
        sync(draft, seen, jwt_overlap_secret(seen.tenant.service), stage=f"{SIGN}-overlap")
    else:
        draft.warn("without an overlap every token of the old key is refused as soon as pods restart")
    sync(draft, seen, seen.subject.secret, stage=SIGN)
    rollout(draft, seen, _pods(seen), stage=SIGN)


def _retire(draft: Draft, seen: Seen, *, overlap: bool, begun: bool) -> None:
    """Once the last token of the old key has expired, pods are given one key again."""
    ahead = overlap and not _signs(seen)
    if ahead or _stands(seen):
        if overlap:
            _wait(draft, "tokens", "the last token of the old key expires", RETIRE)
        _commit(draft, seen, RETIRE)
        rollout(draft, seen, _pods(seen), stage=RETIRE)
    elif begun:
        _refresh(draft, seen, RETIRE)
        rollout(draft, seen, _pods(seen), stage=RETIRE)


def _pods(seen: Seen) -> int:
    found = seen.deployment.value if isinstance(seen.deployment, Present) else {}
    return number(found, "spec", "replicas", default=1)


def _wait(draft: Draft, what: str, reason: str, stage: str) -> None:
    draft.change(StepKind.OVERLAP, what, reason, step=staged(StepKind.OVERLAP, stage))


def _signs(seen: Seen) -> bool:
    """Whether all three halves of the new pair stand already."""
    record, versions = seen.open_record, seen.standing_versions
    return record is not None and all(versions.get(n, 0) == record.base[n] + 1 for n in seen.subject.names)


def _stands(seen: Seen) -> bool:
    return overlap_file(seen.tenant.service, seen.tenant.environment) in seen.folder.paths


def _second_key(draft: Draft, seen: Seen, stage: str, reason: str) -> None:
    folder = seen.subject.names[0].rpartition("/")[0]
    target = f"{folder}/{{jwt_previous_public_key,jwt_previous_key_id}}"
    draft.change(StepKind.PARAMETER, target, reason, step=f"{StepKind.PARAMETER}:second-key-{stage}")


def _commit(draft: Draft, seen: Seen, stage: str) -> None:
    """Put the second key into the overlay, or take it out, and have ArgoCD read that."""
    folder = tenant_folder(seen.tenant.service)
    reason = "pods are given the second key" if stage == NEXT else "pods are given one key again"
    if stage == NEXT and _stands(seen):
        draft.keep(StepKind.COMMIT, folder, reason, step=staged(StepKind.COMMIT, stage))
    else:
        draft.change(StepKind.COMMIT, folder, reason, step=staged(StepKind.COMMIT, stage))
    _refresh(draft, seen, stage)


def _refresh(draft: Draft, seen: Seen, stage: str) -> None:
    name, step = application_name(seen.tenant.service), staged(StepKind.REFRESH, stage)
    draft.change(StepKind.REFRESH, name, "so that ArgoCD reads it now", step=step)

"""Steps that rotations of every kind have."""

from portal.core.plan import StepKind
from portal.core.required import RequiredParameter
from portal.engine.rotate.observe import Seen
from portal.engine.saga.draft import Draft


def published(draft: Draft, seen: Seen, item: RequiredParameter, *, step: str = "") -> None:
    """Replace one parameter, unless the record says that it was."""
    version, record = seen.standing_versions.get(item.name, 0), seen.open_record
    step = step or f"{StepKind.PARAMETER}:{item.key}"
    if record and not seen.is_astray and version == record.base.get(item.name, version) + 1:
        draft.keep(StepKind.PARAMETER, item.name, f"version {version} is the new value", step=step)
    else:
        draft.change(StepKind.PARAMETER, item.name, f"replaces version {version}", step=step)


def sync(draft: Draft, seen: Seen, secret: str, *, stage: str = "") -> None:
    """Have External Secrets read now instead of within the hour."""
    target = f"{seen.spec.namespace}/{secret}"
    draft.change(StepKind.SYNC, target, "reads the new value now", step=staged(StepKind.SYNC, stage))


def rollout(draft: Draft, seen: Seen, pods: int, *, stage: str = "") -> None:
    """Have pods take the new value, a few at a time, and prove that they work with it."""
    draft.change(
        StepKind.ROLLOUT,
        f"{seen.spec.namespace}/{seen.tenant.service}",
        f"restarts {pods} pod{'' if pods == 1 else 's'}, which read their environment once",
        step=staged(StepKind.ROLLOUT, stage),
        detail="then waits until they are ready and hold it",
    )


def staged(kind: StepKind, stage: str) -> str:
    """Id of a step that a plan may hold more than once."""
    return f"{kind}:{stage}" if stage else str(kind)

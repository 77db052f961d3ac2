"""From what was seen to a plan: pure. A fact that is not known never leads to a create or a delete."""

import hashlib
import json
from collections.abc import Iterable, Mapping

from portal.core.facets import Absent, Present
from portal.core.names import application_name, overlay_of, tenant_folder
from portal.core.plan import Plan, Step, StepKind, Symbol
from portal.core.spec import ServiceSpec
from portal.engine.onboard.decide_login import close_step
from portal.engine.onboard.decide_neon import neon_steps
from portal.engine.onboard.decide_parameters import parameter_steps
from portal.engine.onboard.observe import Seen
from portal.engine.saga.draft import Draft

_FEW = 4


def decide(spec: ServiceSpec, seen: Seen) -> Plan:
    """The plan that would bring the tenant to life from here."""
    draft = Draft()
    neon_steps(draft, seen)
    parameter_steps(draft, seen)
    close_step(draft, seen)
    _bucket(draft, seen)
    _commit(draft, seen)
    _refresh(draft, seen)
    _verify(draft, seen)
    if seen.spec.image.endswith(":latest"):
        draft.warn("the image is latest: what runs then changes without a commit; name a version")
    return draft.plan(seen.spec.tenant, spec)


def _bucket(draft: Draft, seen: Seen) -> None:
    if not seen.spec.storage or not draft.known(seen.bucket, "whether the bucket exists"):
        return
    bucket, provider = seen.spec.storage.bucket, seen.spec.storage.provider
    if isinstance(seen.bucket, Present):
        draft.keep(StepKind.BUCKET, bucket, "exists")
    else:
        draft.create(StepKind.BUCKET, bucket, "does not exist", detail=f"at {provider}")


def _commit(draft: Draft, seen: Seen) -> None:
    if not draft.known(seen.folder, "what the tenants repository holds"):
        return
    if not draft.known(seen.standing, "what the tenant's files say") or not _kinds(draft, seen):
        return
    standing = seen.standing.value if isinstance(seen.standing, Present) else {}
    folder = tenant_folder(seen.spec.service)
    if isinstance(seen.folder, Present) and seen.folder.value.spec is None:
        told = next((fault for fault in seen.folder.value.faults if "/service.yaml" in fault), "")
        if told:
            draft.refuse(f"{told}; what is in git cannot be read, so it is not replaced: revert it there")
        else:
            draft.refuse(
                f"{folder} exists without a service.yaml of the portal's; take it over with: "
                f"portal adopt -f service.yaml -e {seen.spec.environment}, or move it away to onboard anew"
            )
    changed = [path for path, text in seen.files.items() if standing.get(path) != text]
    if not changed:
        draft.keep(StepKind.COMMIT, folder, f"{len(seen.files)} files stand as rendered")
        return
    _warn_of_neighbours(draft, seen, changed)
    added = [path for path in changed if path not in standing]
    symbol = Symbol.CREATE if len(added) == len(seen.files) else Symbol.CHANGE
    draft.add(
        Step(
            id=str(StepKind.COMMIT),
            symbol=symbol,
            kind=StepKind.COMMIT,
            target=folder,
            reason=f"{len(added)} files to add, {len(changed) - len(added)} to change",
            detail=_some(path.removeprefix(f"{folder}/") for path in changed),
            known_after=("commit",),
            fingerprint=_fingerprint(seen.files, standing),
        )
    )


def _some(paths: Iterable[str]) -> str:
    """The first few, and how many more."""
    names = list(paths)
    rest = len(names) - _FEW
    return ", ".join(names[:_FEW]) + (f" and {rest} more" if rest > 0 else "")


def _kinds(draft: Draft, seen: Seen) -> bool:
    """The manifests name API versions, so what the cluster serves must be known."""
    known = draft.known(seen.external_secret_kind, "which version of ExternalSecret is served")
    if isinstance(seen.external_secret_kind, Absent):
        draft.warn("External Secrets is not installed in this cluster: no Secret will be made")
    if seen.spec.cache:
        known &= draft.known(seen.cache_kind, "which version of the cache claim is served")
        if isinstance(seen.cache_kind, Absent):
            draft.warn("the cache claim's kind is not installed in this cluster: no cache will be made")
    return known


def _warn_of_neighbours(draft: Draft, seen: Seen, changed: list[str]) -> None:
    """The base is shared by all overlays: what it names must exist in each environment."""
    if not isinstance(seen.folder, Present):
        return
    own = overlay_of(seen.spec.environment)
    others = sorted(name for name in seen.folder.value.overlays if name != own)
    if others and any("/base/" in path for path in changed):
        draft.warn(
            f"base/ is shared with {', '.join(others)}: those environments follow this commit, "
            "and need every parameter it names"
        )


def _refresh(draft: Draft, seen: Seen) -> None:
    if not draft.known(seen.application, "the state of the ArgoCD Application"):
        return
    name = application_name(seen.spec.service)
    if isinstance(seen.application_kind, Absent):
        draft.warn("ArgoCD is not installed in this cluster: nothing will deploy the commit")
        draft.keep(StepKind.REFRESH, name, "ArgoCD is not installed")
    elif draft.plans(StepKind.COMMIT):
        draft.change(StepKind.REFRESH, name, "so that ArgoCD reads the new commit now")
    elif isinstance(seen.application, Absent):
        draft.change(StepKind.REFRESH, name, "the Application does not exist yet")
    elif seen.recollection.refresh_pending:
        draft.change(StepKind.REFRESH, name, "an earlier run ended between its commit and the refresh")
    else:
        draft.keep(StepKind.REFRESH, name, "nothing new to read")


def _verify(draft: Draft, seen: Seen) -> None:
    reason = "read only: waits until every hop is healthy"
    draft.keep(StepKind.VERIFY, str(seen.spec.tenant), reason)


def _fingerprint(files: Mapping[str, str], standing: Mapping[str, str]) -> str:
    """SHA-256 over what shall stand and what it replaces: a change of either makes it another step."""
    canonical = json.dumps([dict(files), dict(standing)], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()

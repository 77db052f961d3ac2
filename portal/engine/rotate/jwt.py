"""JWT key pairs: the second key in the overlay, the waits between the stages."""

from collections.abc import Mapping
from datetime import datetime

from portal.core.names import jwt_overlap_secret, overlay_of, parameter_name, tenant_folder
from portal.core.plan import Step
from portal.core.render import render
from portal.core.repository import CommitRequest, CommitResult
from portal.core.secrets import Secret
from portal.engine.onboard.observe import surroundings
from portal.engine.rotate.decide_jwt import NEXT, RETIRE, SIGN
from portal.engine.rotate.run import Run
from portal.engine.saga.argo import refresh_application
from portal.engine.saga.review import refuse_unmerged
from portal.errors import RefusedError

Data = Mapping[str, str | int]
SECOND_KEY = "second-key-"
_LOOK_SECONDS = 5.0
_PRIVATE, _OLD_PUBLIC, _OLD_ID = "jwt_private_key", "old_public_key", "old_key_id"


async def pending(run: Run) -> Mapping[str, Secret]:
    """A new private key, and what is public of the present pair."""
    items = {item.key: item.name for item in run.seen.subject.items}
    found = await run.read(lambda: run.ports.parameters.get(list(items.values())))
    made = await run.ports.keys.generate(run.spec.jwt.algorithm if run.spec.jwt else "")
    return {
        _PRIVATE: made.private_pem,
        _OLD_PUBLIC: found[items["jwt_public_key"]].value,
        _OLD_ID: found[items["jwt_key_id"]].value,
    }


async def value_of(run: Run, key: str) -> Secret:
    """What shall stand in one of the three parameters."""
    pair = await run.ports.keys.public_of(run.rotation.values[_PRIVATE])
    of_pair = {
        "jwt_private_key": pair.private_pem,
        "jwt_public_key": pair.public_pem,
        "jwt_key_id": Secret(pair.key_id),
    }
    return of_pair[key]


async def publish_second_key(run: Run, stage: str) -> Data:
    """The next key's public half before it signs, the old one's afterwards."""
    values = run.rotation.values
    if stage == NEXT:
        public, key_id = await value_of(run, "jwt_public_key"), await value_of(run, "jwt_key_id")
    else:
        public, key_id = values[_OLD_PUBLIC], values[_OLD_ID]
    tenant = run.tenant
    written: dict[str, str | int] = {}
    for key, value in (("jwt_previous_public_key", public), ("jwt_previous_key_id", key_id)):
        name = parameter_name(run.seen.prefix, tenant.environment, tenant.service, key)
        standing = (await run.read(lambda wanted=name: run.ports.parameters.get([wanted]))).get(name)  # type: ignore[misc]
        written = {"parameter": name, "version": await run.put(name, value, standing)}
    return written


async def commit(run: Run, step: Step) -> Data:
    """One commit of the overlay, with the second key or without it."""
    stage = step.id.partition(":")[2]
    before, after = _overlay(run, overlap=stage != NEXT), _overlay(run, overlap=stage == NEXT)
    repository, tenant = run.ports.repository, run.tenant
    removed = tuple(sorted(before.keys() - after.keys()))

    async def look() -> CommitResult | None:
        standing = await repository.read((*after, *removed))
        if dict(standing) == dict(after):
            return CommitResult("", changed=False)
        if dict(standing) != dict(before):
            raise RefusedError(
                f"the overlay {overlay_of(tenant.environment)} is not as the portal renders it",
                system="git",
                operation="commit",
                target=str(tenant),
                hint=f"Bring it in line first: portal apply -f service.yaml -e {tenant.environment}",
            )
        return None

    async def act() -> CommitResult:
        trailers = {"Portal-Tenant": str(tenant), "Portal-Run": run.name, "Portal-Plan": run.digest[:12]}
        verb = "Give" if stage == NEXT else "Take"
        message = f"{verb} {tenant} {'a second JWT key' if stage == NEXT else 'its second JWT key away'}"
        return await repository.commit(CommitRequest(tenant, after, message, trailers, removed))

    await run.read(repository.snapshot)
    result = await run.ensure(look, act)
    refuse_unmerged(run, result)
    await run.confirm(look, "the commit")
    return {"commit": result.commit, "files": len(after)}


async def refresh(run: Run, _: Step) -> Data:
    """ArgoCD reads the commit now."""
    return await refresh_application(run, run.tenant.service, run.spec.namespace)


async def wait(run: Run, step: Step) -> Data:
    """Until caches, or tokens, of the old key have expired; counted from when pods had the stage before."""
    stage, settings = step.id.partition(":")[2], run.ports.settings.rotation
    seconds = settings.jwks_cache_seconds if stage == NEXT else settings.token_seconds
    record = await run.set_stage(stage)
    since = datetime.fromisoformat(record.since)
    clock = run.ports.clock
    while (left := seconds - (clock.now() - since).total_seconds()) > 0:
        run.notice(f"{step.target}: {step.reason} in {left:.0f} s; stopping now and repeating later is safe")
        await clock.sleep(min(left, max(_LOOK_SECONDS, left / 10)))
        await run.lease.verify()
    return {"waited": int(seconds)}


def secrets_of_stage(service: str, stage: str) -> tuple[str, str]:
    """The Secret a pod template must name in a stage, and the one it must not."""
    overlap = jwt_overlap_secret(service)
    return (overlap if stage == NEXT else "", overlap if stage == RETIRE else "")


def _overlay(run: Run, *, overlap: bool) -> Mapping[str, str]:
    around = surroundings(run.ports, run.seen.cache_kind, run.seen.secret_kind, jwt_overlap=overlap)
    files = render(run.seen.whole, run.tenant.environment, run.ports.templates, around)
    below = f"{tenant_folder(run.tenant.service)}/overlays/{overlay_of(run.tenant.environment)}/"
    return {path: text for path, text in files.items() if path.startswith(below)}


__all__ = ["NEXT", "RETIRE", "SECOND_KEY", "SIGN"]

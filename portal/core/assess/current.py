"""Hop 12: running pods hold the current secrets, having started after their last change.

Environment variables are read when a container starts and never again. The time of a Secret's last
change is read from its metadata where allowed; elsewhere it is bounded by what ExternalSecret and Parameter
Store tell, and where the bounds do not decide, the answer is unknown.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from portal.core.assess.judgement import Bench, Case, Judgement, bench, blind, listed, span
from portal.core.assess.workload import current_pods, deployment_of, is_absent
from portal.core.chain import HopName
from portal.core.facets import Facet, Present
from portal.core.names import connection_secret
from portal.core.objects.external import ExternalSecret
from portal.core.objects.plain import SecretMeta
from portal.core.objects.pod import Pod

# Kubernetes writes whole seconds: a Secret and a pod of the same second are in order.
_TICK = 1.0


@dataclass(frozen=True, slots=True)
class Change:
    """When a Secret last changed: surely after `after` (if any) and not later than `until` (if known)."""

    secret: str
    after: float | None
    until: float | None


def judge(case: Case) -> Judgement:
    """Degraded where a pod surely holds an older secret: it may serve until the old value stops working."""
    on = bench(case.seen.pods, case.seen.external_secrets)
    if is_absent(case):
        return on.progressing("no pod runs yet", blames=(HopName.WORKLOAD,))
    hidden = blind(case.seen.deployments, case.seen.pods)
    if hidden:
        return hidden
    deployment = deployment_of(case)
    running = [pod for pod in current_pods(case, deployment) if pod.environment_read_at] if deployment else []
    names = _names(case)
    if deployment is not None and deployment.desired == 0:
        return on.healthy("scaled to 0")
    if not running:
        return on.progressing("no pod runs yet", blames=(HopName.WORKLOAD,))
    if not names:
        return on.healthy("no secrets")
    return _compare(case, on, running, list(_changes(case, names)))


def _compare(case: Case, on: Bench, running: list[Pod], changes: list[Change]) -> Judgement:
    oldest = min(running, key=lambda pod: pod.environment_read_at or 0.0)
    started = oldest.environment_read_at or 0.0
    late = [found for found in changes if found.after is not None and found.after > started + _TICK]
    if late:
        ago = span(case.now.since(late[0].after or 0.0))
        cause = (
            f"Secret {listed([found.secret for found in late])} changed {ago} ago, after pod "
            f"{oldest.meta.name} read its environment"
        )
        restart = f"kubectl -n {oldest.meta.namespace} rollout restart deployment/{case.tenant.service}"
        return on.degraded(cause, restart)
    unsure = [found.secret for found in changes if found.until is None or found.until > started + _TICK]
    if unsure:
        cause = (
            f"whether pods hold the current {listed(unsure)} cannot be told without leave to list the "
            "metadata of Secrets"
        )
        check = f"kubectl auth can-i list secrets -n {case.needs.namespace}"
        return on.unknown(cause, check, blames=(HopName.SECRETS, HopName.CACHE, HopName.EXTERNAL_SECRETS))
    return on.healthy(f"{len(running)} pods started after the last change")


def _names(case: Case) -> list[str]:
    """Secrets the pods take into their environment."""
    names = [name for name in case.needs.secrets if name != case.needs.pull_secret]
    return [*names, connection_secret(case.needs.cache)] if case.needs.cache else names


def _changes(case: Case, names: list[str]) -> Iterator[Change]:
    held = _by_name(case.seen.secrets)
    external = case.seen.external_secrets
    sources = {found.target: found for found in external.value} if isinstance(external, Present) else {}
    for name in names:
        meta = held.get(name)
        if meta is not None and meta.changed_at is not None:
            yield Change(name, meta.changed_at, meta.changed_at)
        elif name in sources:
            yield _bounded(case, name, sources[name])
        elif meta is None and held:
            continue
        else:
            yield _of_cache(case, name, meta)


def _of_cache(case: Case, name: str, meta: SecretMeta | None) -> Change:
    """The cache's Secret changes with its password, which lives as long as the claim."""
    if meta is not None:
        return Change(name, meta.meta.created_at, None)
    claims = case.seen.claims
    claim = (
        next((found for found in claims.value if connection_secret(found.meta.name) == name), None)
        if (isinstance(claims, Present))
        else None
    )
    return Change(name, None, claim.meta.created_at if claim is not None else None)


def _bounded(case: Case, name: str, secret: ExternalSecret) -> Change:
    """A Secret made by ExternalSecret changed no earlier than nothing known, and no later than one of three
    times: its last refresh; the making of the ExternalSecret, where no parameter changed since; one interval
    after the newest parameter.
    """
    parameters = case.seen.parameters
    modified = [
        parameters.value[key].modified_at
        for _, key in secret.keys
        if isinstance(parameters, Present) and key in parameters.value
    ]
    newest = max(modified) if len(modified) == len(secret.keys) and modified else None
    bounds = [secret.refreshed_at]
    if newest is not None:
        bounds.append(newest + secret.refresh_seconds if secret.refresh_seconds else None)
        if secret.meta.created_at is not None and newest <= secret.meta.created_at:
            bounds.append(secret.meta.created_at)
    known = [bound for bound in bounds if bound is not None]
    return Change(name, newest, min(known) if known else None)


def _by_name(facet: Facet[tuple[SecretMeta, ...]]) -> dict[str, SecretMeta]:
    return {found.meta.name: found for found in facet.value} if isinstance(facet, Present) else {}

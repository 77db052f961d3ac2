"""Hops 8 and 15: the Secrets the pods take in, judged without leave to read any.

Metadata-only lists are used where allowed; elsewhere the ExternalSecret's own status and what pods
complain about tell enough.
"""

import re
from collections.abc import Iterator

from portal.core.assess import external
from portal.core.assess.judgement import Case, Judgement, bench, listed, worst
from portal.core.chain import HopName
from portal.core.facets import Absent, Present
from portal.core.names import connection_secret
from portal.core.objects.external import ExternalSecret
from portal.core.objects.meta import condition
from portal.core.objects.workload import SecretUse, Workload

_NOT_FOUND = re.compile(r'secrets? "([^"]+)" not found')
_NO_KEY = re.compile(r"couldn't find key (\S+) in Secret (?:[^/\s]+/)?(\S+)")


def judge_secrets(case: Case) -> Judgement:
    """Each target Secret exists, and no pod template or pod names a Secret nothing makes."""
    names = [name for name in case.needs.secrets if name != case.needs.pull_secret]
    complaint = _complaint(case)
    if complaint is not None:
        return complaint
    on = bench(case.seen.external_secrets)
    if not names:
        return on.healthy("none needed")
    chosen = worst([_judge_target(case, name) for name in names])
    return chosen if not chosen.well else _fresher(case, listed(names, most=4))


def judge_pull_secret(case: Case) -> Judgement:
    """The ExternalSecret of the pull secret and its Secret."""
    name = case.needs.pull_secret
    synced = external.judge_one(case, name)
    return synced if not synced.well else _judge_target(case, name)


def complaints(case: Case) -> Iterator[tuple[str, str, str]]:
    """Secret, key (or "") and pod: what waiting containers miss, as the kubelet names it."""
    pods = case.seen.pods
    for pod in pods.value if isinstance(pods, Present) else ():
        for container in pod.containers:
            if container.waiting_reason == "CreateContainerConfigError":
                for name, key in missing_in(container.waiting_message):
                    yield name, key, pod.meta.name


def missing_in(message: str) -> Iterator[tuple[str, str]]:
    """Secret and key (or "") a kubelet's message names."""
    for found in _NO_KEY.finditer(message):
        yield (found.group(2), found.group(1))
    for found in _NOT_FOUND.finditer(message):
        yield (found.group(1), "")


def _judge_target(case: Case, name: str) -> Judgement:
    """The Secret of one ExternalSecret: seen in metadata, or vouched for by a successful refresh."""
    held, sources = case.seen.secrets, case.seen.external_secrets
    secret = _external(case, name)
    target = secret.target if secret else name
    look = f"kubectl -n {case.needs.namespace} get secret {target}"
    if isinstance(held, Present | Absent):
        on = bench(held)
        if isinstance(held, Present) and any(found.meta.name == target for found in held.value):
            return on.healthy(target)
        if secret is None or not _synced(secret):
            cause = f"Secret {target} does not exist, ExternalSecret {name} has not made it"
            return on.broken(cause, look, blames=(HopName.EXTERNAL_SECRETS,))
        return on.broken(f"Secret {target} does not exist although ExternalSecret {name} is synced", look)
    on = bench(sources)
    if not isinstance(sources, Present):
        return external.judge_one(case, name)
    if secret is not None and _synced(secret):
        return on.healthy(f"{target} (by its ExternalSecret)")
    cause = f"Secret {target} has not been made by ExternalSecret {name}"
    return on.broken(cause, look, blames=(HopName.EXTERNAL_SECRETS,))


def _complaint(case: Case) -> Judgement | None:
    """A pod that waits for a Secret or key; the cache's own Secret is the cache hop's matter."""
    cache = connection_secret(case.needs.cache) if case.needs.cache else ""
    for name, key, pod in complaints(case):
        if name == cache:
            continue
        on = bench(case.seen.pods)
        look = f"kubectl -n {case.needs.namespace} describe pod {pod}"
        if key:
            return on.broken(f"Secret {name} has no key {key}", look)
        made = any(found.target == name for found in _externals(case))
        if not made:
            return on.broken(f"a pod refers to Secret {name}, which nothing makes", look)
        cause = f"Secret {name} does not exist: pods wait for it"
        return on.broken(cause, look, blames=(HopName.EXTERNAL_SECRETS,))
    return _keyless(case) or _dangling(case, cache)


def _dangling(case: Case, cache: str) -> Judgement | None:
    """The lint "a secretRef names nothing": only where the Secrets of the namespace are known."""
    held, deployments = case.seen.secrets, case.seen.deployments
    if not isinstance(held, Present) or not isinstance(deployments, Present):
        return None
    known = {found.meta.name for found in held.value} | {found.target for found in _externals(case)} | {cache}
    for use in _uses(case, deployments.value):
        if use.name not in known:
            look = f"kubectl -n {case.needs.namespace} get externalsecret,secret"
            return bench(held, deployments).broken(
                f"Deployment {case.tenant.service} refers to Secret {use.name}, which nothing makes", look
            )
    return None


def _uses(case: Case, deployments: tuple[Workload, ...]) -> Iterator[SecretUse]:
    """What the service's Deployment takes from Secrets and cannot start without."""
    for deployment in deployments:
        if deployment.meta.name == case.tenant.service:
            yield from (use for use in deployment.secrets if not use.optional)


def _keyless(case: Case) -> Judgement | None:
    """A key that the Deployment names and the ExternalSecret of that Secret does not yield."""
    deployments = case.seen.deployments
    yielded = {found.target: [key for key, _ in found.keys] for found in _externals(case) if found.keys}
    for use in _uses(case, deployments.value if isinstance(deployments, Present) else ()):
        if use.key and use.name in yielded and use.key not in yielded[use.name]:
            cause = (
                f"Deployment {case.tenant.service} takes key {use.key} of Secret {use.name}, which yields "
                f"{listed(yielded[use.name])}"
            )
            look = f"kubectl -n {case.needs.namespace} get externalsecret -o yaml"
            return bench(case.seen.external_secrets, deployments).broken(cause, look)
    return None


def _fresher(case: Case, detail: str) -> Judgement:
    held = case.seen.secrets
    return bench(held if isinstance(held, Present) else case.seen.external_secrets).healthy(detail)


def _externals(case: Case) -> tuple[ExternalSecret, ...]:
    facet = case.seen.external_secrets
    return facet.value if isinstance(facet, Present) else ()


def _external(case: Case, name: str) -> ExternalSecret | None:
    return next((found for found in _externals(case) if found.meta.name == name), None)


def _synced(secret: ExternalSecret) -> bool:
    ready = condition(secret.conditions, "Ready")
    return (
        ready is not None
        and ready.status == "True"
        and ready.reason not in {"SecretMissing", "SecretDeleted"}
    )

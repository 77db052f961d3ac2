"""What a rotation asks of the cluster: read the parameters now, restart the pods, prove that they work."""

from collections.abc import Mapping

from portal.core.chain import HopName, HopState
from portal.core.cluster import KubeObject, Resource
from portal.core.objects.meta import condition, conditions_of, dig, number, text
from portal.core.objects.workload import Workload
from portal.engine.rotate.observe import DEPLOYMENTS
from portal.engine.saga.work import Work
from portal.errors import RefusedError

Data = Mapping[str, str | int]
MARK = "portal.zerotouch.dev/rotation"
# What proves a credential: everything between Parameter Store and running pods, and the database itself.
PROOF = frozenset(
    {
        HopName.DATABASE,
        HopName.PARAMETERS,
        HopName.EXTERNAL_SECRETS,
        HopName.SECRETS,
        HopName.WORKLOAD,
        HopName.FRESHNESS,
    }
)


async def sync_secret(work: Work, namespace: str, name: str) -> Data:
    """Have one ExternalSecret read its parameters now, and wait until it has."""
    cluster = work.ports.cluster
    kind = await work.read(lambda: cluster.discover("ExternalSecret"))
    if kind is None:
        raise RefusedError("External Secrets is not installed in this cluster", system="kubernetes")
    await work.until(lambda: _there(work, kind, namespace, name), name, seconds=work.ports.patience.verify)
    before = await work.read(lambda: cluster.get(kind, name, namespace=namespace))
    synced = text(before, "status", "syncedResourceVersion")
    # The lease proves that this run still owns the tenant; the annotation may be set any number of times.
    asked = {"metadata": {"annotations": {"force-sync": f"{work.name}-{synced[-8:]}"}}}
    await _patch(work, kind, name, asked, namespace)

    async def missing() -> str:
        found = await cluster.get(kind, name, namespace=namespace)
        ready = condition(conditions_of(found), "Ready")
        if ready is not None and ready.status == "False":
            return f"ExternalSecret {name} is not ready: {ready.message}"
        fresh = text(found, "status", "syncedResourceVersion") != synced
        return "" if ready is not None and fresh else f"ExternalSecret {name} has not been synced yet"

    await work.until(missing, name, seconds=work.ports.patience.verify)
    return {"external_secret": name}


async def roll_out(
    work: Work, namespace: str, service: str, mark: str, *, needs: str = "", lacks: str = ""
) -> Data:
    """Restart the pods of a Deployment once for this mark, and wait until all of them are the new ones and
    healthy. `needs` and `lacks` are Secrets the pod template must, or must not, name by then.
    """
    cluster = work.ports.cluster

    async def template() -> str:
        found = Workload.of(await cluster.get(DEPLOYMENTS, service, namespace=namespace))
        names = {use.name for use in found.secrets}
        if needs and needs not in names:
            return f"Deployment {service} does not take Secret {needs} yet"
        return f"Deployment {service} still takes Secret {lacks}" if lacks in names else ""

    await work.until(template, service, seconds=work.ports.patience.verify)
    before = await work.read(lambda: cluster.get(DEPLOYMENTS, service, namespace=namespace))
    if dig(before, "spec", "template", "metadata", "annotations", MARK) != mark:
        patch = {"spec": {"template": {"metadata": {"annotations": {MARK: mark}}}}}
        await _patch(work, DEPLOYMENTS, service, patch, namespace)

    async def missing() -> str:
        found = await cluster.get(DEPLOYMENTS, service, namespace=namespace)
        return _unfinished(found, service) or await _unhealthy(work)

    await work.until(missing, service, seconds=work.ports.patience.verify)
    return {"deployment": service}


async def _there(work: Work, kind: Resource, namespace: str, name: str) -> str:
    await work.ports.cluster.get(kind, name, namespace=namespace)
    return ""


async def _patch(work: Work, kind: Resource, name: str, patch: KubeObject, namespace: str) -> None:
    """A patch that says the same each time, so a lost answer is repeated like a read's."""
    cluster = work.ports.cluster
    await work.repeatedly(lambda: cluster.merge_patch(kind, name, patch, namespace=namespace))


def _unfinished(found: KubeObject, service: str) -> str:
    """What is left of a rollout; empty when every pod is of the present template and available."""
    state = Workload.of(found)
    if state.observed_generation < number(found, "metadata", "generation"):
        return f"Deployment {service} has not been looked at yet"
    if state.updated < state.desired or state.current > state.updated:
        return f"{state.updated} of {state.desired} pods of {service} are new, {state.current} run"
    if state.available < state.desired:
        return f"{state.available} of {state.desired} pods of {service} are available"
    return ""


async def _unhealthy(work: Work) -> str:
    verdict = await work.ports.status.verdict(work.tenant)
    for hop in verdict.hops:
        if hop.name in PROOF and hop.state is not HopState.HEALTHY:
            return f"{hop.name} is {hop.state}: {hop.cause}"
    return ""

"""The scheduler: bind each pending pod to a node, or say why it cannot run anywhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from simulator.clock import Clock, rfc3339
from simulator.controllers.api import Api
from simulator.controllers.conditions import condition, find, is_true, merged
from simulator.controllers.informer import Informer, Key
from simulator.controllers.kinds import POD, Object, labels_of, name_of, namespace_of
from simulator.controllers.recorder import NORMAL, WARNING, Recorder
from simulator.controllers.workloads import pods

RETRY = 5.0


class Unschedulable(Exception):
    """No node fits now; the text is the scheduler's own."""


def choose(pod: Object, nodes: Iterable[Object], claims: Mapping[str, Object]) -> str:
    """The node to bind to; `claims` are those of the pod's namespace, by name. Raises Unschedulable."""
    nodes = list(nodes)
    for volume in pod["spec"].get("volumes") or ():
        name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if name is None:
            continue
        claim = claims.get(name)
        if claim is None:
            raise Unschedulable(f'persistentvolumeclaim "{name}" not found')
        if (claim.get("status") or {}).get("phase") != "Bound":
            raise Unschedulable(
                f"0/{len(nodes)} nodes are available: pod has unbound immediate PersistentVolumeClaims."
            )
    refusals: dict[str, int] = {}
    fitting = []
    for node in nodes:
        refusal = _refusal(pod, node)
        if refusal:
            refusals[refusal] = refusals.get(refusal, 0) + 1
        else:
            fitting.append(name_of(node))
    if fitting:
        return min(fitting)
    if not nodes:
        raise Unschedulable("no nodes available to schedule pods")
    listed = ", ".join(f"{count} {reason}" for reason, count in sorted(refusals.items()))
    raise Unschedulable(f"0/{len(nodes)} nodes are available: {listed}.")


def _refusal(pod: Object, node: Object) -> str:
    if node["spec"].get("unschedulable"):
        return "node(s) were unschedulable"
    if not is_true(node, "Ready"):
        return "node(s) had untolerated taint(s)"
    if any(_repels(taint, pod) for taint in node["spec"].get("taints") or ()):
        return "node(s) had untolerated taint(s)"
    wanted = pod["spec"].get("nodeSelector") or {}
    if not wanted.items() <= labels_of(node).items():
        return "node(s) didn't match Pod's node affinity/selector"
    return ""


def _repels(taint: Object, pod: Object) -> bool:
    if taint["effect"] not in {"NoSchedule", "NoExecute"}:
        return False
    return not any(_tolerates(each, taint) for each in pod["spec"].get("tolerations") or ())


def _tolerates(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") not in {None, "", taint["effect"]}:
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return toleration.get("key") in {None, "", taint["key"]}
    given, wanted = toleration.get("value", ""), taint.get("value", "")
    return bool(toleration.get("key") == taint["key"] and given == wanted)


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Binds pods that name no node."""

    api: Api
    clock: Clock
    recorder: Recorder
    nodes: Informer
    claims: Informer
    pods: Informer

    async def reconcile(self, key: Key) -> float | None:
        """One pass over one pod."""
        pod = self.pods.get(key[1], key[0])
        if pod is None or pod["spec"].get("nodeName") or pods.deleting(pod) or pods.finished(pod):
            return None
        try:
            known = {name_of(claim): claim for claim in self.claims.of(key[0])}
            node = choose(pod, self.nodes, known)
        except Unschedulable as refusal:
            await self._refuse(pod, str(refusal))
            return RETRY
        await self.api.bind(key[1], key[0], node)
        text = f"Successfully assigned {key[0]}/{key[1]} to {node}"
        await self.recorder.event(pod, NORMAL, "Scheduled", text)
        return None

    async def _refuse(self, pod: Object, text: str) -> None:
        known = find(pod, "PodScheduled")
        if known is None or known.get("message") != text:
            verdict = condition("PodScheduled", False, "Unschedulable", text)
            old = (pod.get("status") or {}).get("conditions")
            conditions = merged(old, [verdict], rfc3339(self.clock.now()))
            await self.api.patch_status(POD, name_of(pod), {"conditions": conditions}, namespace_of(pod))
        await self.recorder.event(pod, WARNING, "FailedScheduling", text)

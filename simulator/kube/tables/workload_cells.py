"""What stands in the columns of workloads."""

from datetime import datetime
from typing import Any

from simulator.kube.status import Object
from simulator.kube.tables.ages import human, since
from simulator.kube.tables.cells import NONE, age, containers, labels, name, selector


def deployment(value: Object, now: datetime) -> list[Any]:
    status = value.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{value['spec'].get('replicas', 0)}"
    counts = [status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    return [
        name(value),
        ready,
        *counts,
        age(value, now),
        *containers(value),
        selector(value["spec"].get("selector")),
    ]


def replicaset(value: Object, now: datetime) -> list[Any]:
    status = value.get("status") or {}
    counts = [value["spec"].get("replicas", 0), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [
        name(value),
        *counts,
        age(value, now),
        *containers(value),
        selector(value["spec"].get("selector")),
    ]


def statefulset(value: Object, now: datetime) -> list[Any]:
    ready = f"{(value.get('status') or {}).get('readyReplicas', 0)}/{value['spec'].get('replicas', 0)}"
    return [name(value), ready, age(value, now), *containers(value)]


def daemonset(value: Object, now: datetime) -> list[Any]:
    status = value.get("status") or {}
    keys = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    nodes = labels(((value["spec"].get("template") or {}).get("spec") or {}).get("nodeSelector"))
    counts = [status.get(key, 0) for key in keys]
    return [
        name(value),
        *counts,
        nodes,
        age(value, now),
        *containers(value),
        selector(value["spec"].get("selector")),
    ]


def job(value: Object, now: datetime) -> list[Any]:
    spec, status = value["spec"], value.get("status") or {}
    true = {one["type"] for one in status.get("conditions") or () if one.get("status") == "True"}
    state = next((one for one in ("Failed", "Complete", "Suspended") if one in true), "Running")
    done = f"{status.get('succeeded', 0)}/{spec.get('completions', 1)}"
    lasted = ""
    if status.get("startTime"):
        end = status.get("completionTime")
        start = datetime.fromisoformat(status["startTime"])
        lasted = human(((datetime.fromisoformat(end) if end else now) - start).total_seconds())
    return [
        name(value),
        state,
        done,
        lasted,
        age(value, now),
        *containers(value),
        selector(spec.get("selector")),
    ]


def cronjob(value: Object, now: datetime) -> list[Any]:
    spec, status = value["spec"], value.get("status") or {}
    last = since(status["lastScheduleTime"], now) if status.get("lastScheduleTime") else NONE
    shown = [
        spec.get("schedule", ""),
        spec.get("timeZone", NONE),
        str(spec.get("suspend", False)),
        len(status.get("active") or ()),
    ]
    inner = {"spec": (spec.get("jobTemplate") or {}).get("spec") or {}}
    return [
        name(value),
        *shown,
        last,
        age(value, now),
        *containers(inner),
        selector(inner["spec"].get("selector")),
    ]

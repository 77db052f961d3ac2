"""What makes workloads invalid: Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs and CronJobs."""

import re
from collections.abc import Iterator
from typing import Any, Final

from simulator.kube.selectors import LabelSelector
from simulator.kube.status import Cause, Object
from simulator.kube.validation.causes import (
    Struct,
    forbidden_field,
    immutable,
    invalid_value,
    not_negative,
    one_of,
    required,
    unsupported,
)
from simulator.kube.validation.metadata import label_causes, qualified_faults
from simulator.kube.validation.pods import pod_spec_causes

_OPERATORS: Final = ("In", "NotIn", "Exists", "DoesNotExist")
_PERCENT: Final = "[0-9]+%"
_PERCENT_SAYS: Final = (
    "a valid percent string must be a numeric string followed by an ending '%' "
    f"(e.g. '1%',  or '93%', regex used for validation is '{_PERCENT}')"
)
_CRON_FIELDS: Final = 5
_CRON_NAME: Final = 52
_STATEFUL_UPDATES: Final = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)
_STATEFUL_MAY: Final = frozenset(
    {
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    }
)


def deployment_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    spec = new["spec"]
    yield from not_negative("spec.replicas", spec.get("replicas"))
    yield from _selected_template(spec, "deployment", "ReplicaSet")
    yield from _strategy(spec.get("strategy") or {}, "spec.strategy")
    ready, limit = spec.get("minReadySeconds") or 0, spec.get("progressDeadlineSeconds")
    yield from not_negative("spec.minReadySeconds", ready)
    yield from not_negative("spec.revisionHistoryLimit", spec.get("revisionHistoryLimit"))
    yield from not_negative("spec.progressDeadlineSeconds", limit)
    if limit is not None and limit <= ready:
        yield invalid_value("spec.progressDeadlineSeconds", limit, "must be greater than minReadySeconds")
    yield from _same_selector(spec, old)


def replica_set_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    spec = new["spec"]
    yield from not_negative("spec.replicas", spec.get("replicas"))
    yield from not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    yield from _selected_template(spec, "deployment", "ReplicaSet")
    yield from _same_selector(spec, old)


def daemon_set_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    spec = new["spec"]
    yield from _selected_template(spec, "daemonset", "DaemonSet")
    yield from not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    yield from _same_selector(spec, old)


def stateful_set_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    spec = new["spec"]
    policy = spec.get("podManagementPolicy", "")
    if policy not in {"OrderedReady", "Parallel"}:
        yield invalid_value("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'")
    yield from not_negative("spec.replicas", spec.get("replicas"))
    yield from not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    yield from _selected_template(spec, "statefulset", "StatefulSet")
    if old is not None:
        before = old["spec"]
        if any(spec.get(key) != before.get(key) for key in {*spec, *before} - _STATEFUL_MAY):
            yield forbidden_field("spec", _STATEFUL_UPDATES)


def _same_selector(spec: Object, old: Object | None) -> Iterator[Cause]:
    if old is not None and old["spec"].get("selector") != spec.get("selector"):
        yield immutable("spec.selector", _struct(spec.get("selector")))


def _selected_template(spec: Object, named: str, kind: str) -> Iterator[Cause]:
    """The selector, the template, and that the one selects the other.

    The Pods of a StatefulSet are judged when they are made: what they mount is not in the template.
    """
    selector, template = spec.get("selector"), spec.get("template") or {}
    faults = list(_selector(selector, "spec.selector", named))
    yield from faults
    labels = (template.get("metadata") or {}).get("labels")
    if any(one.field != "spec.selector" for one in faults):
        yield invalid_value("spec.selector", _struct(selector), "invalid label selector")
        return
    if selector is None or not _selects(selector, labels or {}):
        says = "`selector` does not match template `labels`"
        yield invalid_value("spec.template.metadata.labels", labels, says)
    pod = template.get("spec") or {}
    if kind == "StatefulSet":
        yield from label_causes(labels or {}, "spec.template.labels")
    else:
        yield from template_causes(template, "spec.template")
    if pod.get("restartPolicy") != "Always":
        field = "spec.template.spec.restartPolicy"
        yield unsupported(field, pod.get("restartPolicy", ""), ("Always",))
    if pod.get("activeDeadlineSeconds") is not None:
        says = f"activeDeadlineSeconds in {kind} is not Supported"
        yield forbidden_field("spec.template.spec.activeDeadlineSeconds", says)


def template_causes(template: Object, path: str) -> Iterator[Cause]:
    """What is wrong with the template of Pods."""
    yield from label_causes((template.get("metadata") or {}).get("labels") or {}, f"{path}.labels")
    yield from pod_spec_causes(template.get("spec") or {}, f"{path}.spec")


def _selector(selector: Object | None, path: str, named: str) -> Iterator[Cause]:
    if selector is None:
        yield required(path)
        return
    yield from label_causes(selector.get("matchLabels") or {}, f"{path}.matchLabels")
    for at, one in enumerate(selector.get("matchExpressions") or ()):
        where, operator = f"{path}.matchExpressions[{at}]", one.get("operator", "")
        if operator in {"In", "NotIn"} and not one.get("values"):
            yield required(f"{where}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        if operator in {"Exists", "DoesNotExist"} and one.get("values"):
            says = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            yield forbidden_field(f"{where}.values", says)
        if operator not in _OPERATORS:
            yield invalid_value(f"{where}.operator", operator, "not a valid selector operator")
        for says in qualified_faults(one.get("key", "")):
            yield invalid_value(f"{where}.key", one.get("key", ""), says)
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield invalid_value(path, _struct(selector), f"empty selector is invalid for {named}")


def _struct(selector: Object | None) -> Struct | None:
    if selector is None:
        return None
    keys = ("matchLabels", "matchExpressions")
    return Struct((key, selector[key]) for key in keys if key in selector)


def _selects(selector: Object, labels: Object) -> bool:
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    for one in selector.get("matchExpressions") or ():
        key, operator, values = one["key"], one["operator"], ",".join(one.get("values") or ())
        term = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key}.get(
            operator, f"!{key}"
        )
        if not LabelSelector(term).matches(labels):
            return False
    return True


def _strategy(strategy: Object, path: str) -> Iterator[Cause]:
    kind, rolling = strategy.get("type", ""), strategy.get("rollingUpdate")
    if kind == "Recreate":
        if rolling is not None:
            says = "may not be specified when strategy `type` is 'Recreate'"
            yield forbidden_field(f"{path}.rollingUpdate", says)
    elif kind != "RollingUpdate":
        yield unsupported(path, Struct(Type=kind, RollingUpdate=None), ("Recreate", "RollingUpdate"))
    else:
        yield from _rolling(rolling or {}, f"{path}.rollingUpdate")


def _rolling(rolling: Object, path: str) -> Iterator[Cause]:
    unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
    yield from _amount(unavailable, f"{path}.maxUnavailable")
    yield from _amount(surge, f"{path}.maxSurge")
    if not _number(unavailable) and not _number(surge):
        yield invalid_value(f"{path}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0")
    if isinstance(unavailable, str) and _number(unavailable) > 100:  # noqa: PLR2004 - of a hundred
        yield invalid_value(f"{path}.maxUnavailable", unavailable, "must not be greater than 100%")


def _amount(value: Any, field: str) -> Iterator[Cause]:
    if isinstance(value, str) and not re.fullmatch(_PERCENT, value):
        yield invalid_value(field, value, _PERCENT_SAYS)
    yield from not_negative(field, value)


def _number(value: Any) -> int:
    if isinstance(value, str):
        return int(value[:-1]) if re.fullmatch(_PERCENT, value) else 0
    return int(value or 0)


def job_causes(new: Object, old: Object | None) -> Iterator[Cause]:
    yield from _job_spec(new["spec"], "spec")
    if old is not None:
        before, spec = old["spec"], new["spec"]
        if before.get("completions") != spec.get("completions"):
            yield immutable("spec.completions", spec.get("completions"))
        for field in ("selector", "template"):
            if before.get(field) != spec.get(field):
                yield immutable(f"spec.{field}", spec.get(field))


def _job_spec(spec: Object, path: str) -> Iterator[Cause]:
    for field in (
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
    ):
        yield from not_negative(f"{path}.{field}", spec.get(field))
    template = spec.get("template") or {}
    yield from template_causes(template, f"{path}.template")
    if (template.get("spec") or {}).get("restartPolicy") not in {"OnFailure", "Never"}:
        yield required(f"{path}.template.spec.restartPolicy", 'valid values: "OnFailure", "Never"')


def cron_job_causes(new: Object, _old: Object | None) -> Iterator[Cause]:
    name, spec = new["metadata"].get("name", ""), new["spec"]
    yield from _schedule(spec.get("schedule", ""))
    yield from not_negative("spec.startingDeadlineSeconds", spec.get("startingDeadlineSeconds"))
    policy = spec.get("concurrencyPolicy", "")
    yield from one_of("spec.concurrencyPolicy", policy, ("Allow", "Forbid", "Replace"))
    yield from _job_spec((spec.get("jobTemplate") or {}).get("spec") or {}, "spec.jobTemplate.spec")
    for field in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        yield from not_negative(f"spec.{field}", spec.get(field))
    if len(name) > _CRON_NAME:
        yield invalid_value("metadata.name", name, f"must be no more than {_CRON_NAME} characters")


def _schedule(schedule: str) -> Iterator[Cause]:
    if not schedule:
        yield required("spec.schedule")
        return
    fields = schedule.split()
    if not schedule.startswith("@") and len(fields) != _CRON_FIELDS:
        says = f"expected exactly {_CRON_FIELDS} fields, found {len(fields)}: [{' '.join(fields)}]"
        yield invalid_value("spec.schedule", schedule, says)

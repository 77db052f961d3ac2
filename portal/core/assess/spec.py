"""Hop 1: the tenant's folder, its overlay's config.yaml and its service.yaml in the tenants repository."""

from portal.core.assess.judgement import Bench, Case, Judgement, bench, judge_blind, sentence
from portal.core.facets import Absent, Present
from portal.core.repository import TenantFolder


def judge(case: Case) -> Judgement:
    """Broken where ArgoCD would not find the tenant, degraded where only the portal misses its spec."""
    facet = case.seen.folder
    on = bench(facet)
    match facet:
        case Present(value=folder):
            return _judge_folder(case, on, folder)
        case Absent():
            cause = f"tenants/{case.tenant.service} is not in the tenants repository"
            return on.broken(cause, _apply(case))
        case _:
            return judge_blind(facet)


def _judge_folder(case: Case, on: Bench, folder: TenantFolder) -> Judgement:
    overlay = case.seen.place.overlay or case.tenant.environment
    place = f"tenants/{folder.service}/overlays/{overlay}"
    config = folder.overlays.get(overlay)
    if overlay not in folder.overlays and not any(path.startswith(f"{place}/") for path in folder.paths):
        return on.broken(f"{place} is missing: the tenant has no such environment", _apply(case))
    if folder.faults:
        return on.broken(sentence(folder.faults[0]), _apply(case))
    if config is None:
        return on.broken(f"{place}/config.yaml is missing, so ArgoCD does not see the tenant", _apply(case))
    if case.seen.spec_faults:
        return on.broken(sentence(case.seen.spec_faults[0]), _apply(case))
    if case.seen.needs is None:
        cause = f"tenants/{folder.service}/service.yaml is missing, so what the tenant needs is not known"
        return on.degraded(cause, _apply(case))
    told, needed = str(config.get("namespace", "")), case.needs.namespace
    if told and told != needed:
        cause = f"{place}/config.yaml names namespace {told}, service.yaml names {needed}"
        return on.broken(cause, _apply(case))
    return on.healthy(place)


def _apply(case: Case) -> str:
    return f"portal apply -f service.yaml -e {case.tenant.environment}"

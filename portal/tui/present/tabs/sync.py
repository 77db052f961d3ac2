"""ArgoCD's side of a tenant: the last operation, and every resource with the health the portal judges."""

from collections.abc import Iterator
from typing import Any

from portal.core.assess.health import Health, HealthStatus, Judged, health_of
from portal.core.facets import Facet, Present
from portal.core.objects.argo import Application, ManagedResource
from portal.core.objects.meta import Meta
from portal.core.observed import Moment, Seen, TenantObservation
from portal.core.wording import age
from portal.tui.present.pieces import Piece, Tone
from portal.tui.present.sheet import Lights, Row, Section, Sheet, section, told
from portal.tui.present.tabs.health import good_or_bad, health_piece


def sync(seen: Seen, lights: Lights) -> Sheet:
    """The Application, its conditions, its resources as a tree."""
    held, now = seen.observation, seen.moment
    objects = {(item.meta.kind, item.meta.name): item for item in _held(held)}
    return (
        section(
            "Application",
            held.application,
            lights,
            lambda app: _application(app, now, lights),
            titles=("What", "Is", "Says"),
            empty="",
        ),
        section(
            "Resources",
            held.application,
            lights,
            lambda app: _tree(app, objects, lights),
            titles=("Health", "Sync", "Resource", "Says"),
            empty="ArgoCD manages nothing for it yet",
        ),
        *_conditions(held.application),
    )


def _application(app: Application, now: Moment, lights: Lights) -> Iterator[Row]:
    synced = good_or_bad(good=app.sync == "Synced", text=app.sync or "not compared yet", lights=lights)
    yield told("Sync"), synced, told(f"commit {app.revision[:12]}" if app.revision else "")
    sign = {"Healthy": "✔", "Degraded": "✖", "Missing": "✖"}.get(app.health, "…")
    said = Piece(f"{sign} {app.health or 'not judged yet'}", Tone.TEXT)
    yield told("Health"), said, told("ArgoCD's own word for the whole")
    if app.reconciled_at is not None:
        yield told("Compared"), told(f"{age(now.since(app.reconciled_at))} ago"), told(app.path)
    if app.operation is not None:
        last = app.operation
        good = last.phase == "Succeeded"
        running = last.phase in {"Running", "Terminating"}
        piece = (
            Piece(f"… {last.phase}", Tone.BUSY)
            if running
            else good_or_bad(good=good, text=last.phase, lights=lights)
        )
        yield told("Operation"), piece, told(last.message)
        for failure in last.failures:
            yield told(""), told(f"{failure.kind}/{failure.name}", Tone.BAD), told(failure.message)


def _tree(app: Application, objects: dict[tuple[str, str], Judged], lights: Lights) -> Iterator[Row]:
    for resource in sorted(app.resources, key=lambda item: (item.hook, item.kind, item.name)):
        item = objects.get((resource.kind, resource.name))
        yield _resource(resource, item, lights)
        if item is not None:
            yield from _below(item.meta, objects, lights, depth=1)


def _resource(resource: ManagedResource, item: Judged | None, lights: Lights) -> Row:
    health = health_of(item) if item is not None else None
    synced = good_or_bad(good=resource.status == "Synced", text=resource.status or "?", lights=lights)
    notes = [*(["hook"] if resource.hook else []), *(["to be pruned"] if resource.requires_pruning else [])]
    said = health.message if health is not None else ""
    return (
        health_piece(health, lights) if health is not None else Piece("·", Tone.FAINT),
        synced,
        told(str(resource)),
        told(", ".join([*notes, *([said] if said else [])])),
    )


def _below(above: Meta, objects: dict[tuple[str, str], Judged], lights: Lights, depth: int) -> Iterator[Row]:
    """What an object owns, itself not in git."""
    for item in objects.values():
        if any(owner.kind == above.kind and owner.name == above.name for owner in item.meta.owners):
            health = health_of(item)
            if item.meta.kind == "ReplicaSet" and not _wanted(item):
                continue
            name = f"{'  ' * depth}└ {item.meta.kind}/{item.meta.name}"
            yield health_piece(health, lights), told(""), told(name), told(health.message)
            yield from _below(item.meta, objects, lights, depth + 1)


def _wanted(item: Judged) -> bool:
    """Old ReplicaSets stay at zero for a rollback."""
    return getattr(item, "desired", 1) > 0 or health_of(item) != Health(HealthStatus.HEALTHY)


def _held(held: TenantObservation) -> Iterator[Judged]:
    facets: tuple[Facet[Any], ...] = (
        held.deployments,
        held.replica_sets,
        held.stateful_sets,
        held.jobs,
        held.pods,
        held.external_secrets,
        held.claims,
        held.services,
        held.volumes,
    )
    for facet in facets:
        if isinstance(facet, Present):
            yield from facet.value


def _conditions(facet: Facet[Application]) -> tuple[Section, ...]:
    if not isinstance(facet, Present) or not facet.value.conditions:
        return ()
    rows = tuple((told(found.type, Tone.WARN), told(found.message)) for found in facet.value.conditions)
    return (Section(Piece("Conditions", Tone.STRONG), (), ("Type", "Says"), rows),)

"""The pods of a tenant, container by container, and what the cluster warns of."""

from collections.abc import Iterator

from portal.core.assess.health import health_of_pod
from portal.core.objects.plain import Event
from portal.core.objects.pod import Container, Pod
from portal.core.observed import Moment, Seen
from portal.core.wording import age
from portal.tui.present.pieces import Piece, Tone
from portal.tui.present.sheet import Lights, Row, Sheet, section, told
from portal.tui.present.tabs.health import good_or_bad, health_piece


def pods(seen: Seen, lights: Lights) -> Sheet:
    """Pods with their containers, newest first; warnings, newest first."""
    held, now = seen.observation, seen.moment
    return (
        section(
            "Pods",
            held.pods,
            lights,
            lambda found: _pods(found, now, lights),
            titles=("Health", "Pod or container", "Age", "Restarts", "Says"),
            empty="no pod in the tenant's namespace",
        ),
        section(
            "Warnings",
            held.events,
            lights,
            lambda found: _events(found, now),
            titles=("Last", "Times", "About", "Says"),
            empty="the cluster warns of nothing",
        ),
    )


def _pods(found: tuple[Pod, ...], now: Moment, lights: Lights) -> Iterator[Row]:
    for pod in sorted(found, key=lambda pod: (-(pod.meta.created_at or 0.0), pod.meta.name)):
        health = health_of_pod(pod)
        created = now.since(pod.meta.created_at) if pod.meta.created_at is not None else None
        restarts = sum(container.restarts for container in pod.containers)
        says = health.message or pod.message or (f"on {pod.node}" if pod.node else "")
        yield (
            health_piece(health, lights),
            told(pod.meta.name),
            told(age(created)),
            told(str(restarts)),
            told(says),
        )
        for container in pod.containers:
            yield _container(container, now, lights)


def _container(item: Container, now: Moment, lights: Lights) -> Row:
    name = Piece(f"  └ {item.name}{' (init)' if item.init else ''}", Tone.TEXT)
    running = now.since(item.running_since) if item.running_since is not None else None
    return _state(item, lights), name, told(age(running)), told(str(item.restarts)), told(_says(item))


def _state(item: Container, lights: Lights) -> Piece:
    if item.running_since is not None:
        return (
            good_or_bad(good=True, text="ready", lights=lights)
            if item.ready
            else Piece("… running, not ready", Tone.BUSY)
        )
    if item.ended is not None:
        good = item.ended.exit_code == 0
        return good_or_bad(good=good, text=item.ended.reason or "ended", lights=lights)
    return Piece(f"… {item.waiting_reason or 'waiting'}", Tone.BUSY)


def _says(item: Container) -> str:
    parts = [item.waiting_message] if item.waiting_message else []
    for when, ended in (("ended", item.ended), ("before", item.last)):
        if ended is not None:
            parts.append(f"{when}: {ended.reason} (exit code {ended.exit_code}) {ended.message}".strip())
    return "; ".join(parts) or item.image


def _events(found: tuple[Event, ...], now: Moment, most: int = 20) -> Iterator[Row]:
    for event in sorted(found, key=lambda event: -(event.last_at or 0.0))[:most]:
        seconds = now.since(event.last_at) if event.last_at is not None else None
        about = f"{event.about_kind}/{event.about_name}"
        yield (
            told(age(seconds)),
            told(str(event.count)),
            told(about),
            told(f"{event.reason}: {event.message}"),
        )

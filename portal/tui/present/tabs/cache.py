"""The cache of a tenant: its claim and everything below it."""

from portal.core.assess.health import health_of
from portal.core.objects.crossplane import Composite
from portal.core.observed import Moment, Seen
from portal.core.wording import age
from portal.tui.present.sheet import Lights, Row, Sheet, section, told
from portal.tui.present.tabs.health import health_piece

_TITLES = ("Health", "Object", "Age", "Says")


def cache(seen: Seen, lights: Lights) -> Sheet:
    """The claim, the composite below it and what that is composed of."""
    held, now = seen.observation, seen.moment
    return (
        section(
            "Claim",
            held.claims,
            lights,
            lambda found: [_object(item, now, lights) for item in found],
            titles=_TITLES,
            empty="the tenant asks for no cache",
        ),
        section(
            "Composed objects",
            held.composites,
            lights,
            lambda found: [_object(item, now, lights) for item in found],
            titles=_TITLES,
            empty="nothing stands below the claim",
        ),
    )


def _object(item: Composite, now: Moment, lights: Lights) -> Row:
    health = health_of(item)
    seconds = now.since(item.meta.created_at) if item.meta.created_at is not None else None
    role = f" as {item.role}" if item.role else ""
    return health_piece(health, lights), told(f"{item}{role}"), told(age(seconds)), told(health.message)

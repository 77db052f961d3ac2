"""Health of single objects as drawn."""

from portal.core.assess.health import Health, HealthStatus
from portal.core.facets import Source
from portal.tui.present.pieces import Piece, Tone
from portal.tui.present.sheet import Lights

_SIGNS = {
    HealthStatus.HEALTHY: ("✔", Tone.GOOD),
    HealthStatus.SUSPENDED: ("‖", Tone.FAINT),
    HealthStatus.PROGRESSING: ("…", Tone.BUSY),
    HealthStatus.MISSING: ("✖", Tone.BAD),
    HealthStatus.DEGRADED: ("✖", Tone.BAD),
    HealthStatus.UNKNOWN: ("?", Tone.WARN),
}


def health_piece(health: Health, lights: Lights) -> Piece:
    """`✔ Healthy`, green only while the cluster is live."""
    sign, tone = _SIGNS[health.status]
    return Piece(f"{sign} {health.status}", lights.tone(Source.KUBERNETES, tone))


def good_or_bad(*, good: bool, text: str, lights: Lights, source: Source = Source.KUBERNETES) -> Piece:
    """`✔ text` or `✖ text`."""
    tone = lights.tone(source, Tone.GOOD) if good else Tone.BAD
    return Piece(f"{'✔' if good else '✖'} {text}", tone)

"""What the portal did to know what it shows, as data and as a table."""

from typing import Any

from portal.cli.output import Output
from portal.core.chain import FleetView
from portal.core.wording import age
from portal.engine.world import Ports

_MILLI, _DIGITS = 1000, 1


def measures(world: Ports, view: FleetView) -> dict[str, Any]:
    """Requests and bytes by system, freshness by source, sizes of what is held, lag in milliseconds."""
    stats = world.status.stats()
    states = {source.name.value: source for source in view.sources}
    return {
        "generated_at": view.generated_at,
        "requests": [
            {
                "source": name,
                "requests": traffic.requests,
                "bytes": traffic.received,
                "state": states[place].state.value if (place := name.partition(" ")[0]) in states else None,
                "age_seconds": states[place].age_seconds if place in states else None,
            }
            for name, traffic in sorted(world.traffic.items())
        ],
        "held": dict(sorted(stats.held.items())),
        "lag_ms": {
            "median": _milliseconds(stats.usual_lag),
            "p99": _milliseconds(stats.worst_lag),
            "changes": len(stats.lags),
        },
    }


def measures_table(out: Output, found: dict[str, Any]) -> None:
    """The same for a person."""
    rows = [
        [row["source"], str(row["requests"]), str(row["bytes"]), row["state"] or "-", age(row["age_seconds"])]
        for row in found["requests"]
    ]
    out.table(["SOURCE", "REQUESTS", "BYTES", "STATE", "AGE"], rows)
    out.lines([""])
    out.table(["HELD", "COUNT"], [[name, str(count)] for name, count in found["held"].items()])
    lag = found["lag_ms"]
    if lag["changes"]:
        told = f"lag: median {lag['median']} ms, p99 {lag['p99']} ms over {lag['changes']} batches"
        out.lines(["", told])


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * _MILLI, _DIGITS)

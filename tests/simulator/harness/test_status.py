"""The table of a world, as people read it."""

from simulator.harness.backend import Backend
from simulator.harness.status import table


def test_what_a_backend_lacks_is_said_beneath_the_table() -> None:
    rows = [
        Backend("neon", "our API", "Neon control plane"),
        Backend(
            "postgres", "PostgreSQL", "computes", "18.6", lacks=("extension pgcrypto", "extension vector")
        ),
    ]
    backends = [backend.as_json() for backend in rows]
    shown = table({"run_dir": "/run", "seed": 1, "speed": 1.0, "neon_url": "http://", "backends": backends})
    assert [line for line in shown.splitlines() if "lacks" in line] == [
        "postgres 18.6 lacks: extension pgcrypto, extension vector"
    ]

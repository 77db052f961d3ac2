"""One row of what a world is made of: what stands in for what, and how near to the real thing it is."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Backend:
    """`tier` is embedded (from a package) or container; a `state` of degraded comes with what happened.

    `lacks` names what the real system has and this one refuses.
    """

    name: str
    product: str
    stands_in_for: str
    version: str = ""
    detail: str = ""
    endpoint: str = ""
    pid: int | None = None
    tier: str = "embedded"
    state: str = "up"
    what: str = ""
    last_lines: str = ""
    lacks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

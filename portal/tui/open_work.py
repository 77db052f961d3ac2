"""Work that was begun and not finished, as a row to choose."""

from dataclasses import dataclass

from portal.core.facets import TenantKey
from portal.core.plan import Operation
from portal.tui.present.pieces import Piece


@dataclass(frozen=True, slots=True)
class OpenWork:
    """One piece of work; `refusal` says why it cannot be gone on with, empty where it can."""

    tenant: TenantKey
    operation: Operation
    subject: str
    lines: tuple[Piece, ...]
    refusal: str = ""

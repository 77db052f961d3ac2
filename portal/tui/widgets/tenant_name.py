"""The tenant's name, typed by hand before something is done where it matters."""

from textual.widgets import Input

from portal.core.facets import TenantKey
from portal.tui.present.pieces import Piece, Tone


class TenantName(Input):
    """One line that has to say the tenant."""

    def __init__(self, tenant: TenantKey, *, id: str) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id, placeholder=f"type {tenant} to go on", max_length=400)
        self._tenant = tenant

    def fault(self) -> Piece | None:
        """What is to be told where it says something else, which then has the focus."""
        if self.value.strip() == str(self._tenant):
            return None
        self.focus()
        return Piece(f"Type {self._tenant} to go on.", Tone.BAD)

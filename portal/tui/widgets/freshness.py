"""The bar that says how fresh each source is."""

from textual.widgets import Static

from portal.tui.present import Piece
from portal.tui.widgets.paint import joined


class FreshnessBar(Static):
    """One chip a source: sign, state, age, reason, countdown to the next try."""

    def show(self, pieces: tuple[Piece, ...]) -> None:
        """Draw the chips."""
        self.update(joined(pieces, "   "))

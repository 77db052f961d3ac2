"""The chain of one tenant drawn as a flow from git to running pods."""

from rich.text import Text
from textual.widgets import Static

from portal.tui.present import ChainLine
from portal.tui.widgets.paint import STYLES, painted

SIGN_WIDTH, TITLE_WIDTH, FACTS_WIDTH = 6, 20, 16


class ChainFlow(Static):
    """One line a hop, the cause of one that is not healthy below it; the earliest broken hop has an arrow."""

    def show(self, lines: tuple[ChainLine, ...]) -> None:
        """Draw the chain."""
        self.update(Text("\n").join(part for line in lines for part in _parts(line)))


def _parts(line: ChainLine) -> list[Text]:
    rail = Text.assemble("  ", painted(line.connector), " ")
    columns = ((line.sign, SIGN_WIDTH), (line.title, TITLE_WIDTH), (line.facts, FACTS_WIDTH))
    head = Text.assemble(rail, *((piece.text.ljust(width), STYLES[piece.tone]) for piece, width in columns))
    head.append_text(painted(line.detail))
    if line.broken_first:
        head.append("  ◀ broken first", style="bold red")
    if line.cause is None:
        return [head]
    return [head, Text.assemble(rail, " " * (SIGN_WIDTH + 3), painted(line.cause))]

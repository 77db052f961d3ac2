"""The messages that cross screens."""

from textual.message import Message

from portal.core.chain import FleetView


class ViewArrived(Message):
    """A newer view replaces one that was not handled yet, so a storm of changes costs one repaint."""

    def __init__(self, view: FleetView) -> None:
        self.view = view
        super().__init__()

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ViewArrived)


class SourceLost(Message):
    """The stream of views ended or failed; the last rows stay."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__()

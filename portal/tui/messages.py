"""The messages that cross screens."""

from textual.message import Message

from portal.core.chain import FleetView
from portal.core.facets import TenantKey


class ViewArrived(Message):
    """A newer view replaces one that was not handled yet, so a storm of changes costs one repaint."""

    def __init__(self, view: FleetView) -> None:
        self.view = view
        super().__init__()

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ViewArrived)


class StreamEnded(Message):
    """The stream of views ended or failed; it is begun again in `retry_in` seconds."""

    def __init__(self, reason: str, retry_in: float) -> None:
        self.reason = reason
        self.retry_in = retry_in
        super().__init__()


class TenantAsked(Message):
    """A tenant is to be opened."""

    def __init__(self, tenant: TenantKey) -> None:
        self.tenant = tenant
        super().__init__()


class LogsAsked(Message):
    """What a tenant's containers write is to be shown."""

    def __init__(self, tenant: TenantKey) -> None:
        self.tenant = tenant
        super().__init__()


class OrderGiven(Message):
    """A command is to be obeyed."""

    def __init__(self, name: str, argument: str) -> None:
        self.name = name
        self.argument = argument
        super().__init__()


class LineBegun(Message):
    """The command line is to be opened with this in it."""

    def __init__(self, line: str) -> None:
        self.line = line
        super().__init__()


class ActivityMoved(Message):
    """The work beside the screens went on, or ended."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ActivityMoved)


class ActivityEnded(Message):
    """The work beside the screens is over, in whatever way."""

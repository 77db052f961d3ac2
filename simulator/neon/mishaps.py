"""What befalls the platform behind its API, so that what waits for it can be tried."""

from typing import Protocol


class Mishap(Exception):
    """An operation failed because it was told to."""


class Mishaps(Protocol):
    """Asked each time something could go wrong."""

    def failing(self, action: str) -> str | None:
        """What the next try of an operation with this action fails with; None when it is let be."""

    def unavailable(self, project_id: str, name: str) -> bool:
        """Whether the details of a project are out of reach, as when its storage is slow to answer."""


class NoMishaps:
    """A platform on its best days."""

    def failing(self, _action: str) -> str | None:
        return None

    def unavailable(self, _project_id: str, _name: str) -> bool:
        return False

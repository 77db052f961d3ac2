"""Operations that are to fail, so that what waits for them can be tried."""

from dataclasses import dataclass, field


class Mishap(Exception):
    """An operation failed because it was told to."""


@dataclass(slots=True)
class Mishaps:
    """By action, the errors the next tries of it meet."""

    _waiting: dict[str, list[str]] = field(default_factory=dict)

    def add(self, action: str, error: str, times: int = 1) -> None:
        """Let the next `times` tries of an action fail with this error."""
        self._waiting.setdefault(action, []).extend([error] * times)

    def clear(self) -> None:
        self._waiting.clear()

    def strike(self, action: str) -> None:
        """Raise Mishap when the next try of this action is to fail."""
        errors = self._waiting.get(action)
        if errors:
            raise Mishap(errors.pop(0))

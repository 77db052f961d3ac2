"""Why a call is refused. The wire gives each kind its status."""


class Refusal(Exception):
    """A call that changes nothing; the text is the `message` of the error envelope."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Invalid(Refusal):
    """The request itself is wrong."""


class NotFound(Refusal):
    """Missing, or not visible to this key."""


class Conflict(Refusal):
    """The name, or the one place there is, is taken."""


class Precondition(Refusal):
    """Something the call rests on is switched off or missing in the project."""


class Unprocessable(Refusal):
    """Well formed, but what it refers to does not allow it."""


class Locked(Refusal):
    """Operations are under way in the project; safe to repeat."""

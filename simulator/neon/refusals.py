"""Why a call is refused. The wire gives each kind its status."""


class Refusal(Exception):
    """A call that changes nothing; the text is the `message` of the error envelope."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Invalid(Refusal):
    """The request itself is wrong."""


class Forbidden(Refusal):
    """The key may see it and may not do it, or the plan does not include it."""


class NotFound(Refusal):
    """Missing, or not visible to this key."""


class OutOfRange(Refusal):
    """A range of time the granularity asked for does not reach."""


class Conflict(Refusal):
    """The name, or the one place there is, is taken."""


class Precondition(Refusal):
    """Something the call rests on is switched off or missing in the project."""


class TooLarge(Refusal):
    """A body nobody needs to send."""


class Unprocessable(Refusal):
    """Well formed, but what it refers to does not allow it, or the plan's counts are used up."""


class Locked(Refusal):
    """Operations are under way in the project, or a quota is used up; the first is safe to repeat."""


class TooFast(Refusal):
    """More calls than the account may make; `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(Refusal):
    """The service, or what the call asks for, cannot be reached now; safe to repeat."""

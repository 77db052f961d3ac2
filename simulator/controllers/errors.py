"""What the Kubernetes API answered instead of the object that was asked for.

ApiError
├── Unreachable      no answer: refused, cut or too slow; the call may have been applied
├── NotFound         404
├── Conflict         409: the object has changed since it was read
│   └── AlreadyExists
├── Invalid          400 and 422: the server will not accept this object, however often it is sent
├── Forbidden        403
└── Expired          410: the resourceVersion is no longer known
"""

from typing import Any, Self


class ApiError(Exception):
    """Any failed call; `status` is the HTTP status, `reason` the machine-readable word of the Status."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message

    @classmethod
    def of(cls, status: int, body: Any) -> "ApiError":
        """The error a response stands for; a body that is no Status gives its HTTP status alone."""
        answer = body if isinstance(body, dict) else {}
        reason = str(answer.get("reason", ""))
        message = str(answer.get("message", "")) or f"the API server answered {status}"
        kind = AlreadyExists if reason == "AlreadyExists" else _BY_STATUS.get(status, ApiError)
        return kind(status, reason, message)


class Unreachable(ApiError):
    """No answer came."""

    @classmethod
    def because(cls, cause: str) -> Self:
        return cls(0, "Unreachable", f"the API server could not be reached: {cause}")


class NotFound(ApiError):
    """The object, or its kind, is not there."""


class Conflict(ApiError):
    """Somebody else wrote first, or owns the field."""


class AlreadyExists(Conflict):
    """An object of that name is there."""


class Invalid(ApiError):
    """The object breaks its schema or a rule."""


class Forbidden(ApiError):
    """Not allowed, or the namespace is being deleted."""


class Expired(ApiError):
    """A watch has to start again from a list."""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: Invalid,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Expired,
    422: Invalid,
}

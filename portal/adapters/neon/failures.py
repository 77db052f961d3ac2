"""Answers that are not a success, as `portal.errors`.

Neon's `code` is mostly empty, so the HTTP status decides; the message is for display. A body without Neon's
envelope comes from something in between and is not trusted to say what happened to a write.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from portal.core.redaction import redact
from portal.core.secrets import Secret
from portal.errors import (
    AccessDenied,
    Conflict,
    Locked,
    NotFound,
    Precondition,
    Protocol,
    RemoteError,
    Throttled,
    Unreachable,
)

SYSTEM = "neon"

_BY_STATUS: Mapping[int, tuple[type[RemoteError], str]] = {
    401: (AccessDenied, "Check the API key, then store it with `portal init`."),
    403: (AccessDenied, "The API key lacks this right, or the plan lacks this feature."),
    404: (NotFound, "It is not there, or this API key may not see it."),
    408: (Unreachable, ""),
    409: (Conflict, ""),
    412: (Precondition, ""),
    422: (Precondition, ""),
    423: (Locked, "Another operation runs in the project; it ends by itself."),
    429: (Throttled, "Neon allows 700 calls a minute and account."),
}
_UNREACHABLE_HINT = "See neonstatus.com when it lasts."


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `operation` is Neon's operationId, `target` what a person calls the thing."""

    operation: str
    method: str
    path: str
    target: str = ""
    query: Sequence[tuple[str, str]] = ()
    body: Mapping[str, object] | None = None

    @property
    def writes(self) -> bool:
        """Whether it may change something."""
        return self.method != "GET"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, apart from any library; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    request_id: str = ""


def failure(call: Call, answer: Answer, known: Sequence[Secret] = ()) -> RemoteError:
    """The error an unsuccessful answer stands for; `known` values are masked in its text."""
    message = envelope(answer.body)
    kind, hint = _kind(answer.status, enveloped=message is not None)
    return kind(
        _cause(answer, message, known),
        system=SYSTEM,
        operation=call.operation,
        target=call.target,
        hint=hint,
        retry_after=retry_after(answer.headers),
    )


def no_answer(call: Call, reason: str) -> Unreachable:
    """Nothing usable came back."""
    doubt = "; it may have been applied" if call.writes else ""
    return Unreachable(
        f"{reason}{doubt}",
        system=SYSTEM,
        operation=call.operation,
        target=call.target,
        hint=_UNREACHABLE_HINT,
    )


def bad_shape(call: Call, reason: str) -> RemoteError:
    """A success whose content is not what the API promises: a read is wrong, a write is in doubt."""
    if call.writes:
        return no_answer(call, reason)
    return Protocol(reason, system=SYSTEM, operation=call.operation, target=call.target)


def envelope(body: bytes) -> str | None:
    """The message of either error envelope, None when the body is neither."""
    try:
        document = json.loads(body)
    except ValueError:
        return None
    if isinstance(document, dict) and isinstance(document.get("error"), dict):
        document = document["error"]
    if not isinstance(document, dict) or not isinstance(document.get("message"), str):
        return None
    code = document.get("code")
    prefix = f"{code}: " if isinstance(code, str) and code else ""
    return f"{prefix}{document['message']}"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from either form of Retry-After; a date is measured against the answer's own Date."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    then = _date(value)
    if then is None:
        return None
    now = _date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (then - now).total_seconds())


def _kind(status: int, *, enveloped: bool) -> tuple[type[RemoteError], str]:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status == HTTPStatus.SERVICE_UNAVAILABLE and enveloped:
        return Throttled, "Neon did not do it; it is safe to repeat."
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unreachable, _UNREACHABLE_HINT
    if status >= HTTPStatus.BAD_REQUEST and enveloped:
        return Precondition, ""
    return Protocol, "Something between here and Neon may have answered; check the URL and the proxy."


def _cause(answer: Answer, message: str | None, known: Sequence[Secret]) -> str:
    said = redact(message, known).rstrip(".") if message else "no message of Neon's"
    trace = f", request {answer.request_id}" if answer.request_id else ""
    return f"{said} (HTTP {answer.status}{trace})"


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)

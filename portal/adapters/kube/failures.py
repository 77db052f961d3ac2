"""One table from HTTP statuses to errors, and one context manager for everything the transport raises."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import MappingProxyType

from portal.core.redaction import redact
from portal.errors import (
    AccessDenied,
    Conflict,
    NotFound,
    NotLoggedIn,
    Precondition,
    Protocol,
    RemoteError,
    Throttled,
    Unreachable,
)

SYSTEM = "kubernetes"

_BY_STATUS: Mapping[int, tuple[type[RemoteError], str]] = MappingProxyType(
    {
        HTTPStatus.BAD_REQUEST: (Protocol, ""),
        HTTPStatus.UNAUTHORIZED: (
            NotLoggedIn,
            "Log in to the cluster again; `portal doctor` shows the context",
        ),
        HTTPStatus.FORBIDDEN: (AccessDenied, "Ask for the right, or use another kubeconfig context"),
        HTTPStatus.NOT_FOUND: (NotFound, ""),
        HTTPStatus.NOT_ACCEPTABLE: (Protocol, ""),
        HTTPStatus.CONFLICT: (Conflict, ""),
        HTTPStatus.GONE: (Conflict, ""),
        HTTPStatus.PRECONDITION_FAILED: (Precondition, ""),
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (Protocol, ""),
        HTTPStatus.UNPROCESSABLE_ENTITY: (Precondition, ""),
        HTTPStatus.TOO_MANY_REQUESTS: (Throttled, ""),
    }
)


@dataclass(frozen=True, slots=True)
class Call:
    """What is being done to what, for errors."""

    operation: str
    target: str

    def failed(
        self, kind: type[RemoteError], cause: str, *, hint: str = "", retry_after: float | None = None
    ) -> RemoteError:
        """An error of this call; its cause is made fit for a person."""
        said = redact(cause) or "no reason given"
        return kind(
            said,
            system=SYSTEM,
            operation=self.operation,
            target=self.target,
            hint=hint,
            retry_after=retry_after,
        )

    def refused(self, status: int, body: bytes, headers: Mapping[str, str]) -> RemoteError:
        """The error an HTTP status means; the body is believed only where it is a Status."""
        kind, hint = _BY_STATUS.get(
            status, (Unreachable if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Protocol, "")
        )
        document = _status(body)
        message = document.get("message")
        cause = message if isinstance(message, str) and message else f"HTTP {status}"
        return self.failed(kind, cause, hint=hint, retry_after=_retry_after(headers, document))


@contextmanager
def translated(call: Call) -> Iterator[None]:
    """Raise the transport's errors as `portal.errors`; needs the client to be imported already."""
    import aiohttp  # noqa: PLC0415 - the client is imported on first use, never at start-up

    try:
        yield
    except TimeoutError as exc:
        raise call.failed(Unreachable, "no answer in time", hint="Check the network and the VPN") from exc
    except aiohttp.ClientConnectorCertificateError as exc:
        hint = "The kubeconfig's certificate-authority is not this server's"
        raise call.failed(Unreachable, "the server's certificate is not trusted", hint=hint) from exc
    except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError) as exc:
        raise call.failed(Unreachable, "the connection broke while the answer came") from exc
    except aiohttp.ClientError as exc:
        raise call.failed(Unreachable, str(exc) or type(exc).__name__) from exc
    except OSError as exc:
        raise call.failed(Unreachable, exc.strerror or type(exc).__name__) from exc


def decoded(call: Call, body: bytes) -> Mapping[str, object]:
    """The JSON object in a body; a captive portal's page and a torn answer are protocol errors."""
    import orjson  # noqa: PLC0415 - imported with the client, on first use

    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise call.failed(Protocol, f"the answer is not JSON: {_beginning(body)}") from exc
    if not isinstance(document, dict):
        raise call.failed(Protocol, f"the answer is not an object: {_beginning(body)}")
    return document


def _beginning(body: bytes) -> str:
    return redact(body[:200].decode(errors="replace"), longest=80) or "it is empty"


def _status(body: bytes) -> Mapping[str, object]:
    import orjson  # noqa: PLC0415 - imported with the client, on first use

    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) and document.get("kind") == "Status" else {}


def _retry_after(headers: Mapping[str, str], status: Mapping[str, object]) -> float | None:
    """Seconds to wait, written as such or as a date; a date is counted from the answer's own."""
    written = headers.get("Retry-After", "")
    if written.isdigit():
        return float(written)
    if written:
        try:
            until, now = (parsedate_to_datetime(each) for each in (written, headers.get("Date", "")))
        except ValueError:
            return None
        return max(0.0, (until - now).total_seconds())
    details = status.get("details")
    seconds = details.get("retryAfterSeconds") if isinstance(details, dict) else None
    return float(seconds) if isinstance(seconds, int) else None

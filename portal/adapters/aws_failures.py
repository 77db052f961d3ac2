"""Error codes of AWS, as `portal.errors`. Messages may quote what was sent, so they pass the redaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

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

LOGIN = "Log in again, for example with `aws sso login`, or check the profile."
HETZNER = "hetzner"
HETZNER_KEY = "Check the S3 credentials of the project in Hetzner's console, and the profile that holds them."

_CODES: Mapping[type[RemoteError], frozenset[str]] = {
    Conflict: frozenset({"ParameterAlreadyExists", "BucketAlreadyExists", "BucketAlreadyOwnedByYou"}),
    NotFound: frozenset(
        {"ParameterNotFound", "ParameterVersionNotFound", "InvalidResourceId", "NoSuchBucket", "NotFound"}
    ),
    Locked: frozenset({"TooManyUpdates", "OperationAborted"}),
    Throttled: frozenset(
        {
            "ThrottlingException",
            "Throttling",
            "ThrottledException",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "SlowDown",
        }
    ),
    AccessDenied: frozenset(
        {
            "AccessDenied",
            "AccessDeniedException",
            "AllAccessDisabled",
            "OptInRequired",
            "UnauthorizedOperation",
            "KMSAccessDeniedException",
        }
    ),
    Unreachable: frozenset(
        {"InternalServerError", "InternalFailure", "InternalError", "ServiceUnavailable", "RequestTimeout"}
    ),
}
_LOGIN_CODES = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "IncompleteSignature",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "InvalidToken",
        "TokenRefreshRequired",
    }
)
_ELSEWHERE = frozenset({"301", "PermanentRedirect", "AuthorizationHeaderMalformed"})
_BY_CODE = {code: kind for kind, codes in _CODES.items() for code in codes}
_BY_STATUS: Mapping[int, type[RemoteError]] = {
    HTTPStatus.MOVED_PERMANENTLY: Precondition,
    HTTPStatus.UNAUTHORIZED: AccessDenied,
    HTTPStatus.FORBIDDEN: AccessDenied,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.TOO_MANY_REQUESTS: Throttled,
}


@dataclass(frozen=True, slots=True)
class AwsCall:
    """One operation as a person reads it; `known` values are masked in every text about it."""

    system: str
    operation: str
    target: str = ""
    writes: bool = False
    known: tuple[Secret, ...] = ()


def from_answer(call: AwsCall, response: Mapping[str, Any]) -> RemoteError:
    """The error an error answer stands for: by its code, else by its HTTP status."""
    error = response.get("Error") or {}
    metadata = response.get("ResponseMetadata") or {}
    code = str(error.get("Code", ""))
    status = int(metadata.get("HTTPStatusCode", 0))
    kind = _kind(code, status)
    return kind(
        _cause(call, code, str(error.get("Message", "")), status, str(metadata.get("RequestId", ""))),
        system=call.system,
        operation=call.operation,
        target=call.target,
        hint=_hint(call, kind, code),
        retry_after=_retry_after(metadata),
    )


def no_answer(call: AwsCall, reason: str) -> Unreachable:
    """Nothing usable came back."""
    doubt = "; it may have been applied" if call.writes else ""
    return Unreachable(
        f"{redact(reason, call.known)}{doubt}",
        system=call.system,
        operation=call.operation,
        target=call.target,
    )


def bad_shape(call: AwsCall, reason: str) -> RemoteError:
    """A success whose content is not what the API promises: a read is wrong, a write is in doubt."""
    if call.writes:
        return no_answer(call, reason)
    return Protocol(reason, system=call.system, operation=call.operation, target=call.target)


def no_credentials(call: AwsCall, reason: str) -> AccessDenied:
    """This machine has no usable credentials; nothing was sent."""
    return AccessDenied(
        redact(reason, call.known).rstrip("."),
        system=call.system,
        operation=call.operation,
        target=call.target,
        hint=HETZNER_KEY if call.system == HETZNER else LOGIN,
    )


def not_valid(call: AwsCall) -> Precondition:
    """The SDK refused the call; its report quotes values and is not repeated."""
    return Precondition(
        "a name or value does not have the form AWS asks for, nothing was sent",
        system=call.system,
        operation=call.operation,
        target=call.target,
    )


def _kind(code: str, status: int) -> type[RemoteError]:
    if code in _LOGIN_CODES:
        return AccessDenied
    found = _BY_CODE.get(code) or _BY_STATUS.get(status)
    if found is not None:
        return found
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Precondition
    return Unreachable


def _cause(call: AwsCall, code: str, message: str, status: int, request_id: str) -> str:
    said = redact(message, call.known).rstrip(".")
    doubt = "; it may have been applied" if call.writes and _kind(code, status) is Unreachable else ""
    named = f"{code}: {said}" if said and code != said else code or said
    trace = f", request {request_id}" if request_id else ""
    return f"{redact(named)} (HTTP {status}{trace}){doubt}"


def _hint(call: AwsCall, kind: type[RemoteError], code: str) -> str:
    if call.system == HETZNER and (code in _LOGIN_CODES or kind is AccessDenied):
        return HETZNER_KEY
    if code in _LOGIN_CODES:
        return LOGIN
    if kind is Precondition and code in _ELSEWHERE:
        return "The bucket lies in another region; set that region in the profile."
    if kind is AccessDenied:
        return f"The credentials need {call.system}:{call.operation}, and the use of its KMS key, there."
    return ""


def _retry_after(metadata: Mapping[str, Any]) -> float | None:
    value = str((metadata.get("HTTPHeaders") or {}).get("retry-after", "")).strip()
    return float(value) if value.isascii() and value.isdigit() else None

"""Refusals, as the Status objects a Kubernetes API server answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import orjson

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cause:
    """One field that is wrong, and why."""

    field: str
    reason: str
    message: str

    def render(self) -> Object:
        rendered = {"reason": self.reason, "message": self.message, "field": self.field}
        return {key: text for key, text in rendered.items() if text}

    @property
    def sentence(self) -> str:
        return f"{self.field}: {self.message}"


class Refusal(Exception):
    """Ends a request with a Status of kind Failure."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Object | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.headers = tuple(headers)
        self.metadata: Object = {}

    def status(self) -> Object:
        """The Status object, in the field order of the real server."""
        status: Object = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = self.details
        return {**status, "code": self.code}

    def encode(self) -> bytes:
        return orjson.dumps(self.status())


def _details(group: str, kind: str, name: str) -> Object:
    details = {"name": name, "group": group, "kind": kind}
    return {key: text for key, text in details.items() if text}


def qualified(group: str, name: str) -> str:
    """`deployments.apps`, or the bare name in the core group."""
    return f"{name}.{group}" if group else name


def not_found(group: str, plural: str, name: str) -> Refusal:
    message = f'{qualified(group, plural)} "{name}" not found'
    return Refusal(HTTPStatus.NOT_FOUND, "NotFound", message, _details(group, plural, name))


def no_such_path() -> Refusal:
    message = "the server could not find the requested resource"
    return Refusal(HTTPStatus.NOT_FOUND, "NotFound", message, {})


def already_exists(group: str, plural: str, name: str) -> Refusal:
    message = f'{qualified(group, plural)} "{name}" already exists'
    return Refusal(HTTPStatus.CONFLICT, "AlreadyExists", message, _details(group, plural, name))


MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def conflict(group: str, plural: str, name: str, why: str = MODIFIED) -> Refusal:
    message = f'Operation cannot be fulfilled on {qualified(group, plural)} "{name}": {why}'
    return Refusal(HTTPStatus.CONFLICT, "Conflict", message, _details(group, plural, name))


def bad_request(message: str) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, "BadRequest", message)


def invalid(group: str, kind: str, name: str, causes: Sequence[Cause]) -> Refusal:
    """422 with every cause; several are listed in brackets, one stands alone."""
    sentences = [cause.sentence for cause in causes]
    listed = sentences[0] if len(sentences) == 1 else f"[{', '.join(sentences)}]"
    details = {**_details(group, kind, name), "causes": [cause.render() for cause in causes]}
    message = f'{qualified(group, kind)} "{name}" is invalid: {listed}'
    return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid", message, details)


def unprocessable() -> Refusal:
    """The generic 422 of a JSON patch that cannot be carried out."""
    message = "the server rejected our request due to an error in our request"
    return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid", message, {})


def forbidden(group: str, plural: str, name: str, message: str, causes: Sequence[Cause] = ()) -> Refusal:
    details = _details(group, plural, name)
    if causes:
        details["causes"] = [cause.render() for cause in causes]
    return Refusal(HTTPStatus.FORBIDDEN, "Forbidden", message, details)


def unauthorized() -> Refusal:
    return Refusal(HTTPStatus.UNAUTHORIZED, "Unauthorized", "Unauthorized")


def method_not_allowed() -> Refusal:
    message = "the server does not allow this method on the requested resource"
    return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowed", message, {})


MEDIA: Final = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
_STREAMS: Final = ("application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch")


def unroutable_media_type() -> Refusal:
    """A built-in kind has no route for a patch of that type."""
    message = "415: Unsupported Media Type"
    return Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message, {})


def unsupported_media_type(accepted: Sequence[str] = MEDIA) -> Refusal:
    listed = f"accepted media types include: {', '.join(accepted)}"
    message = f"the body of the request was in an unknown format - {listed}"
    return Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)


def unroutable_answer(*, listing: bool) -> Refusal:
    """A built-in kind has no route that answers in a type the caller takes."""
    served = ", ".join(MEDIA + _STREAMS if listing else MEDIA)
    message = f"406: Not Acceptable\n\nAvailable representations: {served}"
    return Refusal(HTTPStatus.NOT_ACCEPTABLE, "NotAcceptable", message, {})


def not_acceptable() -> Refusal:
    message = f"only the following media types are accepted: {', '.join(MEDIA)}"
    return Refusal(HTTPStatus.NOT_ACCEPTABLE, "NotAcceptable", message)


def too_large(why: str) -> Refusal:
    message = f"Request entity too large: {why}"
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLarge", message)


def internal(message: str) -> Refusal:
    return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "", message)


def expired(message: str, metadata: Object | None = None) -> Refusal:
    """410; `metadata` may hold the token by which a list goes on all the same."""
    refusal = Refusal(HTTPStatus.GONE, "Expired", message)
    refusal.metadata = metadata or {}
    return refusal


def success(group: str, plural: str, name: str, uid: str) -> Object:
    """What DELETE answers once the object is gone."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {**_details(group, plural, name), "uid": uid},
    }

"""Errors of object storage, in its XML; sentences are those of S3's API Reference, "List of error codes"."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape


@dataclass(frozen=True, slots=True)
class Fault(Exception):
    """What a caller is told instead of a result; `details` become elements beside code and message."""

    code: str
    message: str
    status: int = 400
    details: Mapping[str, str] = field(default_factory=dict)

    def xml(self, request_id: str, host_id: str) -> bytes:
        told = {"Code": self.code, "Message": self.message, **self.details}
        elements = {**told, "RequestId": request_id, "HostId": host_id}
        inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in elements.items())
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'.encode()


def no_such_bucket(bucket: str) -> Fault:
    return Fault("NoSuchBucket", "The specified bucket does not exist", 404, {"BucketName": bucket})


def malformed_xml() -> Fault:
    return Fault(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )


def not_implemented() -> Fault:
    return Fault("NotImplemented", "A header you provided implies functionality that is not implemented", 501)


def broken() -> Fault:
    return Fault("InternalError", "We encountered an internal error. Please try again.", 500)


def down() -> Fault:
    return Fault("ServiceUnavailable", "The simulated system behind the gateway does not answer.", 503)

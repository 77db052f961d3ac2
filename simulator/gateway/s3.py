"""Object storage: operations as its API names them, access keys, XML errors."""

from collections.abc import Mapping
from uuid import uuid4
from xml.sax.saxutils import escape

from simulator.gateway.aws import REAL, access_key, owner
from simulator.gateway.service import Head, Operation, Refused, Reply, rehearsal_only
from simulator.ssm.objects import operations

_USUAL = {
    400: ("InvalidRequest", "The request is not valid."),
    403: ("AccessDenied", "Access Denied"),
    404: ("NoSuchKey", "The specified key does not exist."),
    500: ("InternalError", "We encountered an internal error. Please try again."),
    503: ("ServiceUnavailable", "Please reduce your request rate."),
}


class S3:
    """Access key ids are given with the name of whom they were minted for."""

    def __init__(self, keys: Mapping[str, str], *, name: str = "s3") -> None:
        """`name` tells one storage of a world from another."""
        self.name = name
        self._keys = keys

    def operation(self, head: Head) -> Operation:
        at = operations.target(head.headers.get("host", ""), head.path)
        name = operations.name(head.method, at, head.query, head.headers)
        return Operation(name, mutating=head.method not in {"GET", "HEAD", "OPTIONS"})

    def caller(self, head: Head) -> str:
        key = access_key(head)
        if key is None:
            raise Refused(self.failure(403, "AccessDenied", "Access Denied"))
        if key.startswith(REAL):
            sentence = rehearsal_only("access keys", "aws/credentials")
            raise Refused(self.failure(403, "InvalidAccessKeyId", sentence))
        caller = owner(key, self._keys)
        if caller is None:
            sentence = "The AWS Access Key Id you provided does not exist in our records."
            raise Refused(self.failure(403, "InvalidAccessKeyId", sentence))
        return caller

    def failure(self, status: int, code: str, message: str) -> Reply:
        usual_code, usual = _USUAL.get(status, ("InternalError", f"the request failed with status {status}"))
        request = uuid4().hex[:16].upper()
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{escape(code or usual_code)}</Code><Message>{escape(message or usual)}</Message>"
            f"<RequestId>{request}</RequestId></Error>"
        )
        return Reply(status, body.encode(), {"content-type": "application/xml", "x-amz-request-id": request})

    def throttled(self, retry_after: int) -> Reply:
        """S3 names no delay, so `retry_after` is not told."""
        del retry_after
        return self.failure(503, "SlowDown", "Please reduce your request rate.")

    def last_word(self, failure: Reply) -> bytes:
        """No call of this API is a stream."""
        del failure
        return b""

"""Parameter Store: the action of `X-Amz-Target`, access keys, errors as AWS JSON 1.1 has them."""

import re
from collections.abc import Mapping
from uuid import uuid4

import orjson

from simulator.gateway.aws import REAL, access_key, owner
from simulator.gateway.service import Head, Operation, Refused, Reply, rehearsal_only

_TARGET = re.compile(r"AmazonSSM\.([A-Za-z]{1,64})")
_READS = ("Get", "Describe", "List")
_USUAL = {
    400: ("ValidationException", "The request is not valid."),
    403: ("AccessDeniedException", "The caller is not authorized to perform this action."),
    500: ("InternalServerError", "An error occurred on the server side."),
    503: ("ServiceUnavailable", "The service is unavailable. Please try again."),
}


class Ssm:
    """Access key ids are given with the name of whom they were minted for."""

    name = "ssm"

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = keys

    def operation(self, head: Head) -> Operation:
        action = _TARGET.fullmatch(head.headers.get("x-amz-target", ""))
        if action is None:
            return Operation(f"{head.method} {head.path}", mutating=False)
        return Operation(action[1], mutating=not action[1].startswith(_READS))

    def caller(self, head: Head) -> str:
        key = access_key(head)
        if key is None:
            raise Refused(
                self.failure(
                    400, "MissingAuthenticationTokenException", "Request is missing Authentication Token"
                )
            )
        if key.startswith(REAL):
            sentence = rehearsal_only("access keys", "aws/credentials")
            raise Refused(self.failure(400, "UnrecognizedClientException", sentence))
        caller = owner(key, self._keys)
        if caller is None:
            sentence = "The security token included in the request is invalid."
            raise Refused(self.failure(400, "UnrecognizedClientException", sentence))
        return caller

    def failure(self, status: int, code: str, message: str) -> Reply:
        usual_code, usual = _USUAL.get(
            status, ("InternalServerError", f"the request failed with status {status}")
        )
        answer = {"__type": code or usual_code, "message": message or usual}
        headers = {"content-type": "application/x-amz-json-1.1", "x-amzn-requestid": str(uuid4())}
        return Reply(status, orjson.dumps(answer), headers)

    def throttled(self, retry_after: int) -> Reply:
        """AWS names no delay, so `retry_after` is not told."""
        del retry_after
        return self.failure(400, "ThrottlingException", "Rate exceeded")

    def last_word(self, failure: Reply) -> bytes:
        """No call of this API is a stream."""
        del failure
        return b""

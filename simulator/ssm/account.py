"""One AWS account for every caller of a run, between the gateway, which knows the callers, and LocalStack.

LocalStack derives an account from the access key id, so that two callers would not see each other's
parameters, and takes an id of twelve digits for the account itself.
"""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

ACCOUNT = "123456789012"
"""The one moto has."""
_OWN = ("/_localstack", "/_aws", "/_extension")
_IN_HEADER = re.compile(rb"(Credential=|^AWS )([^/:,\s]+)")
_IN_QUERY = re.compile(rb"((?:^|&)(?:X-Amz-Credential|AWSAccessKeyId)=)([^/&%]+)")


class OneAccount:
    """An ASGI application in front of LocalStack; what it serves beside AWS's own API is not found."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(_OWN):
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        headers = [
            (name, _IN_HEADER.sub(_account, value) if name == b"authorization" else value)
            for name, value in scope["headers"]
        ]
        query = _IN_QUERY.sub(_account, scope["query_string"])
        await self._app({**scope, "headers": headers, "query_string": query}, receive, send)


def _account(found: re.Match[bytes]) -> bytes:
    return found[1] + ACCOUNT.encode()

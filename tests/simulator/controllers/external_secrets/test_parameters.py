"""Reading parameters as an identity that may not do everything."""

from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson
import pytest
from starlette.types import Receive, Scope, Send

from simulator.backends.serving import serve
from simulator.controllers.external_secrets.parameters import Access, Parameters, ProviderError

VALUES = {"/z/dev/a": "1", "/z/dev/b": "2", "/z/dev/other": "3"}


class Store:
    """Parameter Store for somebody who may call these operations."""

    def __init__(self, *permitted: str) -> None:
        self._permitted = permitted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = orjson.loads((await receive())["body"])
        operation = dict(scope["headers"])[b"x-amz-target"].decode().partition(".")[2]
        permitted = operation in self._permitted
        answer = self._answer(operation, body) if permitted else {"__type": "AccessDeniedException"}
        content = orjson.dumps(answer)
        headers = [(b"content-length", str(len(content)).encode())]
        status = 200 if permitted else 400
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "GetParameter":
            return {"Parameter": {"Value": VALUES[body["Name"]]}}
        return {"Parameters": [{"Name": name, "Value": value} for name, value in VALUES.items()]}


async def found(*permitted: str) -> dict[str, str]:
    async with serve(Store(*permitted)) as listener, aiohttp.ClientSession() as client:
        parameters = Parameters(client, listener.url, Access("ap-south-1", "LKIATEST", "canary"))
        return await parameters.find("/z/dev", "/[ab]$", {})


async def test_who_may_not_read_a_path_is_told_its_names_and_reads_each_that_fits() -> None:
    wanted = {"/z/dev/a": "1", "/z/dev/b": "2"}
    assert await found("GetParametersByPath") == wanted
    assert await found("DescribeParameters", "GetParameter") == wanted


async def test_who_may_not_even_describe_is_refused_for_that() -> None:
    with pytest.raises(ProviderError, match=r"operation error SSM: DescribeParameters, .* AccessDenied"):
        await found("GetParameter")

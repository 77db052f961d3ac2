"""Documents with every field Neon promises, and a wire that answers from a function."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from portal.adapters.neon import NeonApi
from portal.core.secrets import Secret
from portal.settings import NeonSettings

URL = "https://neon.test/api/v2"
KEY = "canary-key-0123456789"

Handler = Callable[[httpx.Request], httpx.Response]

PROJECT = {
    "id": "shiny-wind-028834",
    "name": "dev",
    "region_id": "aws-ap-south-1",
    "pg_version": 17,
    "store_passwords": True,
    "a_field_of_tomorrow": {"x": 1},
}
BRANCH = {
    "id": "br-calm-sea-1",
    "project_id": PROJECT["id"],
    "name": "main",
    "current_state": "ready",
    "default": True,
}
ENDPOINT = {
    "id": "ep-cool-dawn-1",
    "project_id": PROJECT["id"],
    "branch_id": BRANCH["id"],
    "host": "ep-cool-dawn-1.ap-south-1.aws.neon.tech",
    "type": "read_write",
    "current_state": "idle",
    "disabled": False,
}
ROLE = {"name": "app", "branch_id": BRANCH["id"], "created_at": "x", "updated_at": "x"}
OPERATION = {
    "id": "a07f8772-1877-4da9-a939-3a3ae62d1d8d",
    "project_id": PROJECT["id"],
    "action": "apply_config",
    "status": "running",
    "failures_count": 0,
}


def answer(document: Any, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=document, headers={k.replace("_", "-"): v for k, v in headers.items()})


def always(response_of: Callable[[], httpx.Response]) -> Handler:
    return lambda _request: response_of()


@asynccontextmanager
async def neon(handler: Handler, *, seconds: float = 5.0, key: str = KEY) -> AsyncIterator[NeonApi]:
    """A client whose every request is answered by `handler`."""

    async def source() -> Secret:
        return Secret(key)

    settings = NeonSettings(url=URL, timeout_seconds=seconds)
    async with NeonApi(settings, source, wire=httpx.MockTransport(handler)) as api:
        yield api


def sent(request: httpx.Request) -> Any:
    """The JSON a request carried."""
    return json.loads(request.content)

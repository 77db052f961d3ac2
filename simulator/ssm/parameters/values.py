"""The server behind: it keeps the value of every version, and nothing is asked of it but that."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

import httpx

from simulator.ssm.account import ACCOUNT
from simulator.ssm.parameters.refusals import broken

_A_BATCH = 10
_SECONDS = 10.0
_log = logging.getLogger(__name__)


class Values:
    """`client` reaches moto or LocalStack at its base URL; the caller owns it."""

    def __init__(self, client: httpx.AsyncClient, region: str) -> None:
        self._client = client
        scope = f"{ACCOUNT}/20260101/{region}/ssm/aws4_request"
        self._headers = {
            "content-type": "application/x-amz-json-1.1",
            "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        }

    async def put(self, key: str, value: str, kind: str, *, exists: bool) -> int:
        """Add a version; returns its number."""
        answer = await self._call("PutParameter", Name=key, Value=value, Type=kind, Overwrite=exists)
        return int(answer["Version"])

    async def read(self, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """The values of versions; those that are gone are left out."""
        names = [f"{key}:{number}" for key, number in wanted]
        found: dict[tuple[str, int], str] = {}
        for batch in (names[at : at + _A_BATCH] for at in range(0, len(names), _A_BATCH)):
            found |= await self._read(batch)
        return found

    async def delete(self, key: str) -> None:
        """Remove every version."""
        await self._call("DeleteParameter", Name=key)

    async def _read(self, names: Sequence[str]) -> dict[tuple[str, int], str]:
        answer = await self._call("GetParameters", Names=names, WithDecryption=True)
        return {(item["Name"], int(item["Version"])): item["Value"] for item in answer["Parameters"]}

    async def _call(self, action: str, **request: Any) -> dict[str, Any]:
        """Raise Refusal, as of a service that failed, for every answer that is no result."""
        headers = {**self._headers, "x-amz-target": f"AmazonSSM.{action}"}
        try:
            response = await self._client.post("/", json=request, headers=headers, timeout=_SECONDS)
            answer = response.json() if response.content else {}
        except (httpx.HTTPError, ValueError) as exc:
            _log.error("%s behind Parameter Store: %s", action, type(exc).__name__)
            raise broken() from None
        if response.status_code != httpx.codes.OK or not isinstance(answer, dict):
            kind = answer.get("__type", "") if isinstance(answer, dict) else ""
            _log.error("%s behind Parameter Store: %s %s", action, response.status_code, kind)
            raise broken()
        return answer

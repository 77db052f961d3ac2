"""Everything Parameter Store and object storage hold, asked for and removed by their own APIs.

It works the same whatever answers, and speaks to it beneath the gateway, so no fault rule can hide anything.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

import httpx
import orjson
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

_NAMES_PER_CALL = 10
_PAGE = 50
_AT_ONCE = 8
_TRIES = 20
_THROTTLED = "ThrottlingException"


class Unanswered(Exception):
    """The system refused what it was asked, or did not answer; the text names the call and never a value."""


class Inventory:
    """`client` reaches both services at its base URL; `key_id` and `secret` sign what is asked."""

    def __init__(self, client: httpx.AsyncClient, key_id: str, secret: str, region: str) -> None:
        self._client = client
        self._credentials = Credentials(key_id, secret)
        self._region = region
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def parameters(self) -> list[dict[str, Any]]:
        """`[{name, type, version, tags, fingerprint}]` by name; the SHA-256 stands for the value."""
        names = sorted([name async for name in self._names()])
        async with asyncio.TaskGroup() as group:
            tagged = {name: group.create_task(self._tags(name)) for name in names}
            read = [group.create_task(self._read(batch)) for batch in _batches(names)]
        found = [parameter for batch in read for parameter in batch.result()]
        return [
            {
                "name": each["Name"],
                "type": each["Type"],
                "version": each["Version"],
                "tags": tagged[each["Name"]].result(),
                "fingerprint": hashlib.sha256(each["Value"].encode()).digest(),
            }
            for each in sorted(found, key=lambda each: str(each["Name"]))
        ]

    async def buckets(self) -> list[dict[str, Any]]:
        """`[{name, objects}]` by name; `objects` counts versions and delete markers too."""
        names = await self._bucket_names()
        counted = [len(await self._objects(name)) for name in names]
        return [{"name": name, "objects": count} for name, count in zip(names, counted, strict=True)]

    async def clear_parameters(self) -> None:
        """Leave none."""
        for batch in _batches([name async for name in self._names()]):
            await self._ssm("DeleteParameters", {"Names": batch})

    async def clear_buckets(self) -> None:
        """Leave none, nor what they hold."""
        for bucket in await self._bucket_names():
            for key, version in await self._objects(bucket):
                await self._s3("DELETE", f"/{bucket}/{key}", {"versionId": version})
            await self._s3("DELETE", f"/{bucket}")

    async def _names(self) -> AsyncIterator[str]:
        asked: dict[str, Any] = {"MaxResults": _PAGE}
        while True:
            page = await self._ssm("DescribeParameters", asked)
            for each in page["Parameters"]:
                yield each["Name"]
            if not page.get("NextToken"):
                return
            asked["NextToken"] = page["NextToken"]

    async def _read(self, names: list[str]) -> list[dict[str, Any]]:
        answer = await self._ssm("GetParameters", {"Names": names, "WithDecryption": True})
        found: list[dict[str, Any]] = answer["Parameters"]
        return found

    async def _tags(self, name: str) -> dict[str, str]:
        asked = {"ResourceType": "Parameter", "ResourceId": name}
        answer = await self._ssm("ListTagsForResource", asked)
        return {tag["Key"]: tag["Value"] for tag in answer["TagList"]}

    async def _ssm(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer of an action, asked for again while it comes too often."""
        for _ in range(_TRIES):
            async with self._turns:
                response = await self._sent(
                    "POST",
                    "/",
                    orjson.dumps(body),
                    {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"AmazonSSM.{action}"},
                )
            answer = _object(response.content)
            if response.is_success:
                return answer
            if _THROTTLED not in str(answer.get("__type")):
                break
            await asyncio.sleep(0.1)
        raise Unanswered(f"{action} was answered with {response.status_code} {answer.get('__type', '')}")

    async def _bucket_names(self) -> list[str]:
        listing = await self._s3("GET", "/")
        return sorted(name.text or "" for name in listing.iterfind("{*}Buckets/{*}Bucket/{*}Name"))

    async def _objects(self, bucket: str) -> list[tuple[str, str]]:
        """Key and version of everything in a bucket."""
        found: list[tuple[str, str]] = []
        after: dict[str, str] = {}
        while True:
            page = await self._s3("GET", f"/{bucket}", {"versions": "", **after})
            entries = (*page.iterfind("{*}Version"), *page.iterfind("{*}DeleteMarker"))
            found += [
                (each.findtext("{*}Key") or "", each.findtext("{*}VersionId") or "null") for each in entries
            ]
            if page.findtext("{*}IsTruncated") != "true":
                return found
            after = {
                "key-marker": page.findtext("{*}NextKeyMarker") or "",
                "version-id-marker": page.findtext("{*}NextVersionIdMarker") or "",
            }

    async def _s3(self, method: str, path: str, query: dict[str, str] | None = None) -> ET.Element:
        response = await self._sent(method, path, b"", {}, query)
        if not response.is_success:
            raise Unanswered(f"{method} of object storage was answered with {response.status_code}")
        return ET.fromstring(response.content or b"<none/>")  # noqa: S314 - our own server's answer

    async def _sent(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: dict[str, str],
        query: dict[str, str] | None = None,
    ) -> httpx.Response:
        """The answer to a signed request."""
        target = quote(path, safe="/~") + (f"?{urlencode(query)}" if query else "")
        url = self._client.base_url.copy_with(raw_path=target.encode())
        request = AWSRequest(method=method, url=str(url), data=body, headers=headers)
        sign, service = (SigV4Auth, "ssm") if "X-Amz-Target" in headers else (S3SigV4Auth, "s3")
        sign(self._credentials, service, self._region).add_auth(request)
        try:
            return await self._client.request(
                method, url, content=body, headers=dict(request.headers.items())
            )
        except httpx.HTTPError as exc:
            raise Unanswered(f"{method} of {service} was not answered: {type(exc).__name__}") from exc


def _object(body: bytes) -> dict[str, Any]:
    """A JSON object; empty for anything else, which no service of AWS answers with."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _batches(names: Iterable[str]) -> list[list[str]]:
    listed = list(names)
    return [listed[start : start + _NAMES_PER_CALL] for start in range(0, len(listed), _NAMES_PER_CALL)]

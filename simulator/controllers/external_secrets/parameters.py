"""Parameter Store over the wire, signed with Signature Version 4."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp
import orjson
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from simulator.controllers.kinds import Object

CALL_SECONDS = 10.0


class ProviderError(Exception):
    """The provider refused or did not answer; the text is fit for an Event."""


class AccessDenied(ProviderError):
    """The credentials do not permit the call."""


class NoSuchParameter(ProviderError):
    """The key names nothing."""

    def __init__(self) -> None:
        super().__init__("Secret does not exist")


@dataclass(frozen=True, slots=True)
class Access:
    """Where and as whom to read; the credentials never show in a repr."""

    region: str
    key_id: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


class Parameters:
    """Reads parameters at one endpoint."""

    def __init__(self, client: aiohttp.ClientSession, endpoint: str, access: Access) -> None:
        self._client = client
        self._endpoint = endpoint.rstrip("/") + "/"
        self._region = access.region
        self._credentials = Credentials(access.key_id, access.secret_key, access.session_token)

    async def get(self, name: str) -> str:
        """The decrypted value; raises NoSuchParameter or ProviderError."""
        answer = await self._call("GetParameter", {"Name": name, "WithDecryption": True})
        return str(answer["Parameter"]["Value"])

    async def tags(self, name: str) -> dict[str, str]:
        """The tags of a parameter; raises NoSuchParameter or ProviderError."""
        body = {"ResourceType": "Parameter", "ResourceId": name}
        answer = await self._call("ListTagsForResource", body)
        return {tag["Key"]: tag["Value"] for tag in answer.get("TagList") or ()}

    async def find(self, path: str, pattern: str, tags: Mapping[str, str]) -> dict[str, str]:
        """All below `path` whose name fits the pattern or, without one, that carry the tags.

        Who may not read a whole path may still describe parameters and read each. Raises ProviderError.
        """
        if not pattern:
            return {name: await self.get(name) for name in await self._described(path, tags)}
        try:
            fits = re.compile(pattern).search
        except re.error as error:
            raise ProviderError(f"could not compile find.name.regexp [{pattern}]: {error}") from error
        body = {"Path": path, "Recursive": True, "WithDecryption": True}
        try:
            found = await self._pages("GetParametersByPath", body)
        except AccessDenied:
            return {name: await self.get(name) for name in await self._described(path, {}) if fits(name)}
        return {each["Name"]: str(each["Value"]) for each in found if fits(each["Name"])}

    async def _described(self, path: str, tags: Mapping[str, str]) -> list[str]:
        filters: list[Object] = [{"Key": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
        filters.append({"Key": "Path", "Option": "Recursive", "Values": [path]})
        found = await self._pages("DescribeParameters", {"ParameterFilters": filters})
        return [each["Name"] for each in found]

    async def _pages(self, operation: str, body: Object) -> list[Object]:
        found: list[Object] = []
        token = ""
        while True:
            answer = await self._call(operation, {**body, **({"NextToken": token} if token else {})})
            found += answer.get("Parameters") or ()
            token = answer.get("NextToken") or ""
            if not token:
                return found

    async def _call(self, operation: str, body: Object) -> Object:
        request = self._signed(operation, body)
        headers = dict(request.headers.items())
        try:
            async with (
                asyncio.timeout(CALL_SECONDS),
                self._client.post(self._endpoint, data=request.body, headers=headers) as response,
            ):
                status, answer = response.status, _object(await response.read())
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ProviderError(
                f"operation error SSM: {operation}, request send failed: {type(error).__name__}"
            ) from error
        if status == HTTPStatus.OK:
            return answer
        code = str(answer.get("__type", "UnknownError")).rpartition("#")[2]
        if code in {"ParameterNotFound", "ParameterVersionNotFound", "InvalidResourceId"}:
            raise NoSuchParameter
        detail = str(answer.get("message") or answer.get("Message") or "")
        refused = AccessDenied if code == "AccessDeniedException" else ProviderError
        raise refused(
            f"operation error SSM: {operation}, https response error "
            f"StatusCode: {status}, api error {code}: {detail}".rstrip(": ")
        )

    def _signed(self, operation: str, body: Object) -> AWSRequest:
        request = AWSRequest(
            method="POST",
            url=self._endpoint,
            data=orjson.dumps(body),
            headers={
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": f"AmazonSSM.{operation}",
            },
        )
        SigV4Auth(self._credentials, "ssm", self._region).add_auth(request)
        return request


def _object(content: bytes) -> Object:
    """The JSON object of an answer; an empty one when it is something else."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}

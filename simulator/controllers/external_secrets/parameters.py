"""GetParameter over the wire, signed with Signature Version 4."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

CALL_SECONDS = 10.0


class ProviderError(Exception):
    """The provider refused or did not answer; the text is fit for an Event."""


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

    def __init__(self, client: httpx.AsyncClient, endpoint: str, access: Access) -> None:
        self._client = client
        self._endpoint = endpoint.rstrip("/") + "/"
        self._region = access.region
        self._credentials = Credentials(access.key_id, access.secret_key, access.session_token)

    async def get(self, name: str) -> str:
        """The decrypted value; raises NoSuchParameter or ProviderError."""
        request = self._signed({"Name": name, "WithDecryption": True})
        try:
            async with asyncio.timeout(CALL_SECONDS):
                response = await self._client.post(
                    self._endpoint, content=request.body, headers=dict(request.headers.items())
                )
        except (httpx.HTTPError, TimeoutError) as error:
            raise ProviderError(
                f"operation error SSM: GetParameter, request send failed: {type(error).__name__}"
            ) from error
        body = _json(response)
        if response.status_code == httpx.codes.OK:
            return str(body["Parameter"]["Value"])
        code = str(body.get("__type", "UnknownError")).rpartition("#")[2]
        if code in {"ParameterNotFound", "ParameterVersionNotFound"}:
            raise NoSuchParameter
        detail = str(body.get("message") or body.get("Message") or "")
        raise ProviderError(
            "operation error SSM: GetParameter, https response error "
            f"StatusCode: {response.status_code}, {code}: {detail}".rstrip(": ")
        )

    def _signed(self, body: dict[str, object]) -> AWSRequest:
        request = AWSRequest(
            method="POST",
            url=self._endpoint,
            data=httpx.Request("POST", self._endpoint, json=body).content,
            headers={
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": "AmazonSSM.GetParameter",
            },
        )
        SigV4Auth(self._credentials, "ssm", self._region).add_auth(request)
        return request


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}

"""The API server's connections to kubelets."""

import ssl
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from simulator.kube.status import Refusal, internal

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS: Final = 10.0


class Kubelets:
    """Opened by the first request that is passed on; most servers never see one."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    async def stream(self, url: str, query: Mapping[str, str]) -> AsyncIterator[bytes]:
        """What a kubelet answers, piece by piece; raises what it refused."""
        if self._client is None:
            import httpx  # noqa: PLC0415 - the server starts sooner without it

            timeout = httpx.Timeout(None, connect=CONNECT_SECONDS)
            # The kubelet's certificate is the node's own; the address comes from the Node object.
            self._client = httpx.AsyncClient(verify=False, timeout=timeout, trust_env=False)  # noqa: S501 - as above
        return _chunks(await container_log(url, query, self._client))

    async def close(self) -> None:
        """Break off what is open."""
        if self._client is not None:
            await self._client.aclose()


async def container_log(url: str, query: Mapping[str, str], client: "httpx.AsyncClient") -> "httpx.Response":
    """A kubelet's answer, its body still to come; raises what the kubelet refused it with, as a Status."""
    import httpx  # noqa: PLC0415 - as above

    request = client.build_request("GET", url, params=query)
    try:
        response = await client.send(request, stream=True)
    except (httpx.HTTPError, ssl.SSLError) as exc:
        raise internal(f'Get "{url}": {str(exc) or type(exc).__name__}') from exc
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        message = (await response.aread()).decode(errors="replace").strip()
        await response.aclose()
        raise Refusal(response.status_code, HTTPStatus(response.status_code).phrase.replace(" ", ""), message)
    return response


async def _chunks(response: "httpx.Response") -> AsyncIterator[bytes]:
    import httpx  # noqa: PLC0415 - as above

    try:
        async for chunk in response.aiter_bytes():
            yield chunk
    except httpx.HTTPError:
        return
    finally:
        await response.aclose()

"""One authenticated HTTP client for one kubeconfig context, made at the first call."""

import asyncio
import logging
import os
import socket
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from portal.adapters.attempts import SharedAttempt
from portal.adapters.kube.failures import SYSTEM, Call, translated
from portal.adapters.loopback import is_loopback
from portal.adapters.threads import Threads
from portal.core.redaction import redact
from portal.errors import PrerequisiteError, RemoteError
from portal.settings import KubeSettings

if TYPE_CHECKING:
    import aiohttp

JSON = "application/json"
_IMPORT_SECONDS = 60.0
_CONNECT_SECONDS = 10.0
# A peer that vanished without a word is noticed after idle + interval x count seconds.
_KEEPALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPALIVE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
_POOL = 64


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, without credentials."""

    path: str
    method: str = "GET"
    query: Mapping[str, str] = field(default_factory=dict)
    accept: str = JSON
    body: Mapping[str, Any] | None = None
    content_type: str = JSON


class Connection:
    """Requests with deadlines. Credentials are loaded again after the server refused them."""

    def __init__(self, settings: KubeSettings) -> None:
        self._settings = settings
        self._client: Any = None
        self._refused = False
        self._opening = SharedAttempt()
        self._threads = Threads(size=1, name="kube")

    async def close(self) -> None:
        """Close every connection, watches included."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()
        await self._threads.aclose()

    async def request(self, call: Call, request: Request) -> bytes:
        """The body of a successful answer."""
        await self._open(call)
        with translated(call):
            async with asyncio.timeout(self._settings.timeout_seconds):
                answer = await self._send(request, silence=None)
                async with answer:
                    content = await answer.read()
        self._check(call, answer, content)
        return content

    @asynccontextmanager
    async def stream(
        self, call: Call, request: Request, *, silence: float
    ) -> AsyncIterator["aiohttp.StreamReader"]:
        """The content of an answer as it comes; more than `silence` seconds without a byte is a failure."""
        await self._open(call)
        with translated(call):
            async with asyncio.timeout(self._settings.timeout_seconds):
                answer = await self._send(request, silence=silence)
                content = b"" if answer.status == HTTPStatus.OK else await answer.read()
        async with answer:
            self._check(call, answer, content)
            yield answer.content

    async def _send(self, request: Request, *, silence: float | None) -> "aiohttp.ClientResponse":
        import aiohttp  # noqa: PLC0415 - the client is imported on first use, never at start-up

        client = self._client
        url = client.configuration.host + request.path
        if request.query:
            url += f"?{urlencode(request.query)}"
        headers = {
            "Accept": request.accept,
            "Content-Type": request.content_type,
            "User-Agent": "zerotouch-portal",
        }
        await client.update_params_for_auth(
            headers, [], ["BearerToken"], request.path, request.method, request.body
        )
        # The caller's own deadline bounds the whole; these bound its parts.
        limits = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=silence)
        answer = await client.rest_client.request(
            request.method, url, headers=headers, body=request.body, _request_timeout=limits
        )
        response: aiohttp.ClientResponse = answer.response
        return response

    def _check(self, call: Call, answer: "aiohttp.ClientResponse", content: bytes) -> None:
        if answer.status in {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT}:
            return
        self._refused = self._refused or answer.status == HTTPStatus.UNAUTHORIZED
        raise call.refused(answer.status, content, answer.headers)

    async def _open(self, call: Call) -> None:
        def ready() -> bool:
            return self._client is not None and not self._refused

        async def load() -> None:
            await self._threads.call(_import_client, timeout=_IMPORT_SECONDS)
            old, self._client = self._client, await self._load(call)
            self._refused = False
            if old is not None:
                await old.close()

        if not ready():
            await self._opening.make(load, unless=ready)

    async def _load(self, call: Call) -> Any:
        """The client of the chosen context, with credentials; an exec plugin gets the call's deadline."""
        from kubernetes.aio import client  # noqa: PLC0415 - imported on a thread before
        from kubernetes.aio import config as configs  # noqa: PLC0415 - as above

        config: Any = configs  # its functions carry no annotations

        path = self._settings.kubeconfig
        if path is not None and not path.is_file():
            raise PrerequisiteError(
                f"there is no kubeconfig at {path}", system=SYSTEM, hint="Name one with kube.kubeconfig"
            )
        configuration = client.Configuration()
        try:
            with _passing_files() as directory, translated(call):
                async with asyncio.timeout(self._settings.timeout_seconds):
                    await config.load_kube_config(
                        config_file=str(path) if path else None,
                        context=self._settings.context or None,
                        client_configuration=configuration,
                        persist_config=False,
                        temp_file_path=directory,
                    )
                return _client(configuration)
        except RemoteError as exc:
            raise PrerequisiteError(
                f"the kubeconfig's credentials could not be had: {exc.cause}",
                system=SYSTEM,
                hint="Log in again",
            ) from exc
        except (config.ConfigException, ValueError, TypeError, KeyError, AttributeError) as exc:
            raise PrerequisiteError(
                f"the kubeconfig cannot be used: {redact(str(exc))}",
                system=SYSTEM,
                hint="Set kube.kubeconfig and kube.context",
            ) from exc


@contextmanager
def _passing_files() -> Iterator[str]:
    """A private directory, in memory where there is one, for the keys a kubeconfig holds inline: TLS reads
    them from files only. Nothing of it outlives the block, not even in the client's own record of them.
    """
    from kubernetes.aio.config.kube_config import _cleanup_temp_files  # noqa: PLC0415 - imported before

    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - only its parent
    with tempfile.TemporaryDirectory(prefix="portal-", dir=memory) as directory:
        try:
            yield directory
        finally:
            _cleanup_temp_files()  # type: ignore[no-untyped-call]


def _client(configuration: Any) -> Any:
    """An ApiClient whose sockets notice a vanished peer, and which reads no .netrc."""
    import aiohttp  # noqa: PLC0415 - the client is imported on first use, never at start-up
    from kubernetes.aio import client  # noqa: PLC0415 - as above

    configuration.connection_pool_maxsize = _POOL
    configuration.proxy = configuration.proxy or _proxy(configuration.host)
    api = client.ApiClient(configuration)
    connector = aiohttp.TCPConnector(limit=_POOL, ssl=api.rest_client.ssl_context, socket_factory=_socket)
    # The session owns its connector, so closing the client closes every socket.
    api.rest_client.pool_manager = aiohttp.ClientSession(
        connector=connector, trust_env=False, read_bufsize=2**21, auto_decompress=True
    )
    return api


def _socket(address: Any) -> socket.socket:
    """A TCP socket with keepalive, by the options this system has."""
    family, kind, protocol, *_ = address
    made = socket.socket(family=family, type=kind, proto=protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, seconds in _KEEPALIVE.items():
        option = getattr(socket, name, None)
        if option is not None:
            made.setsockopt(socket.IPPROTO_TCP, option, seconds)
    made.setblocking(False)
    return made


def _proxy(host: str) -> str | None:
    """The environment's proxy for a host, as kubectl takes it: never to this machine."""
    parts = urlsplit(host)
    if not parts.hostname or is_loopback(host) or urllib.request.proxy_bypass(parts.hostname):
        return None
    return urllib.request.getproxies().get(parts.scheme)


def _import_client() -> None:
    """Half a second of imports, kept off the loop; its logger stays silent unless someone listens."""
    import aiohttp  # noqa: F401, PLC0415 - imported for its side effect of being ready
    import kubernetes.aio.client  # noqa: PLC0415 - as above
    import kubernetes.aio.config  # noqa: F401, PLC0415 - as above
    import orjson  # noqa: F401, PLC0415 - as above

    logging.getLogger("kubernetes").addHandler(logging.NullHandler())

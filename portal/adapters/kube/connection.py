"""One authenticated HTTP client for one kubeconfig context, made at the first call."""

import asyncio
import importlib.util
import logging
import socket
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from portal.adapters.attempts import SharedAttempt
from portal.adapters.kube.failures import Call, translated
from portal.adapters.kube.kubeconfig import Loaded, load
from portal.adapters.loopback import is_loopback
from portal.adapters.threads import Threads
from portal.errors import Unreachable
from portal.ports import Traffic
from portal.settings import KubeSettings

if TYPE_CHECKING:
    import aiohttp

JSON = "application/json"
_IMPORT_SECONDS = 60.0
_CONNECT_SECONDS = 10.0
# A peer that vanished without a word is noticed after idle + interval x count seconds.
_KEEPALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPALIVE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
_POOL = 64
# A credential is renewed this long before it ends.
_EARLY_SECONDS = 60.0


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
    """Requests with deadlines. The kubeconfig is read again, and its credential plugin run again, when the
    server refused the credential, the server's certificate is not trusted, or the credential is about to
    end; always for the context that was chosen at first.
    """

    def __init__(self, settings: KubeSettings) -> None:
        self.traffic = Traffic()
        self.skew: float | None = None
        self._settings = settings
        self._context = settings.context
        self._loaded: Loaded | None = None
        self._refused = False
        self._opening = SharedAttempt()
        self._threads = Threads(size=1, name="kube")

    async def close(self) -> None:
        """Close every connection, watches included."""
        loaded, self._loaded = self._loaded, None
        if loaded is not None:
            await loaded.client.close()
        await self._threads.aclose()

    async def request(self, call: Call, request: Request) -> bytes:
        """The body of a successful answer."""
        client = await self._open(call)
        with self._judged(call):
            async with asyncio.timeout(self._settings.timeout_seconds):
                answer = await self._send(client, request, silence=None)
                async with answer:
                    content = await answer.read()
        self.traffic.received += len(content)
        self._check(call, answer, content)
        return content

    @asynccontextmanager
    async def stream(
        self, call: Call, request: Request, *, silence: float
    ) -> AsyncIterator["aiohttp.StreamReader"]:
        """The content of an answer as it comes; more than `silence` seconds without a byte is a failure."""
        client = await self._open(call)
        with self._judged(call):
            async with asyncio.timeout(self._settings.timeout_seconds):
                answer = await self._send(client, request, silence=silence)
                content = b"" if answer.status == HTTPStatus.OK else await answer.read()
        async with answer:
            self._check(call, answer, content)
            yield answer.content

    async def place(self, call: Call) -> str:
        """The context that was chosen and the server it names."""
        client = await self._open(call)
        return f"context {self._context} at {client.configuration.host}"

    @contextmanager
    def _judged(self, call: Call) -> Iterator[None]:
        """Failures in our words; a certificate that is not trusted may be so by a newer kubeconfig."""
        import aiohttp  # noqa: PLC0415 - the client is imported on first use, never at start-up

        try:
            with translated(call):
                yield
        except Unreachable as exc:
            self._refused = self._refused or isinstance(
                exc.__cause__, aiohttp.ClientConnectorCertificateError
            )
            raise

    async def _send(
        self, client: Any, request: Request, *, silence: float | None
    ) -> "aiohttp.ClientResponse":
        import aiohttp  # noqa: PLC0415 - the client is imported on first use, never at start-up

        self.traffic.requests += 1
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
        self.skew = _skew(response.headers.get("Date", ""))
        return response

    def _check(self, call: Call, answer: "aiohttp.ClientResponse", content: bytes) -> None:
        if answer.status in {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT}:
            return
        self._refused = self._refused or answer.status == HTTPStatus.UNAUTHORIZED
        raise call.refused(answer.status, content, answer.headers)

    async def _open(self, call: Call) -> Any:
        """The client, made or made anew where it has to be."""

        def ready() -> bool:
            return self._loaded is not None and not self._refused and not _ending(self._loaded)

        async def fresh() -> None:
            await self._threads.call(_import_client, timeout=_IMPORT_SECONDS)
            settings = self._settings
            with translated(call):
                old, self._loaded = (
                    self._loaded,
                    await load(settings.kubeconfig, self._context, settings.timeout_seconds, _client),
                )
            self._context, self._refused = self._loaded.context, False
            if old is not None:
                await old.client.close()

        if not ready():
            await self._opening.make(fresh, unless=ready)
        if self._loaded is None:
            raise call.failed(Unreachable, "the connection was closed")
        return self._loaded.client


def _skew(date: str) -> float | None:
    """How far the server's clock is ahead; a date has whole seconds, so less than one is nothing."""
    try:
        ahead = parsedate_to_datetime(date).timestamp() - time.time()
    except ValueError:
        return None
    return ahead + 0.5


def _ending(loaded: Loaded) -> bool:
    return loaded.expires_at is not None and time.time() > loaded.expires_at - _EARLY_SECONDS


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
    """A third of a second of imports, kept off the loop; its logger stays silent unless someone listens."""
    import aiohttp  # noqa: F401, PLC0415 - imported for its side effect of being ready

    for name in ("kubernetes", "kubernetes.aio"):
        _open_package(name)

    import kubernetes.aio.client  # noqa: PLC0415 - as above
    import kubernetes.aio.config  # noqa: F401, PLC0415 - as above
    import orjson  # noqa: F401, PLC0415 - as above

    logging.getLogger("kubernetes").addHandler(logging.NullHandler())


def _open_package(name: str) -> None:
    """Have a package's modules found without running the package's own lines: those of the client import
    its blocking half and its dynamic clients, which take as long as everything that is used.
    """
    spec = importlib.util.find_spec(name)
    if name in sys.modules or spec is None:
        return
    sys.modules[name] = importlib.util.module_from_spec(spec)
    above, _, own = name.rpartition(".")
    if above:
        setattr(sys.modules[above], own, sys.modules[name])

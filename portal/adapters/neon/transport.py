"""One HTTP exchange with Neon: authenticated, bounded in time, its failures translated."""

import asyncio
import importlib
import json
import logging
import ssl
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from portal.adapters.attempts import SharedAttempt
from portal.adapters.loopback import is_loopback
from portal.adapters.neon.decode import Document, ShapeError
from portal.adapters.neon.failures import Answer, Call, bad_shape, failure, no_answer
from portal.adapters.threads import Threads
from portal.core.redaction import redact
from portal.core.secrets import Secret
from portal.errors import AccessDenied, UsageError
from portal.ports import Traffic

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

KeySource = Callable[[], Awaitable[Secret]]

_IMPORT_SECONDS = 30.0
_CONNECTIONS = 20


class Transport:
    """Owns the HTTP client between `open` and `aclose`."""

    def __init__(
        self,
        base_url: str,
        seconds: float,
        api_key: KeySource,
        *,
        threads: Threads | None = None,
        wire: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._seconds = seconds
        self._source = api_key
        self._threads = threads
        self._wire = wire
        self.traffic = Traffic()
        self._client: httpx.AsyncClient | None = None
        self._key: Secret | None = None
        self._reading_key = SharedAttempt()

    async def open(self) -> None:
        """Load httpx, on a thread when there are some, and make the client."""
        _check_url(self._base_url, "the Neon API URL")
        if self._threads is not None:
            await self._threads.call(importlib.import_module, "httpx", timeout=_IMPORT_SECONDS)
        import httpx  # noqa: PLC0415 - half a second that a start without Neon does not pay

        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(max(logging.INFO, logging.getLogger(name).level))
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(self._seconds),
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
            follow_redirects=False,
            trust_env=not is_loopback(self._base_url),
            verify=_trust(self._base_url),
            transport=self._wire,
            headers={"accept": "application/json"},
        )

    async def aclose(self) -> None:
        """Close every connection and forget the key."""
        client, self._client, self._key = self._client, None, None
        if client is not None:
            await client.aclose()

    async def send(self, call: Call, decode: Callable[[Document], T]) -> T:
        """The decoded answer of one authenticated call."""
        key = await self._api_key()
        headers = {"authorization": f"Bearer {key.reveal('authorise a call to Neon')}"}
        answer = await self._exchange(call, f"{self._base_url}{call.path}", headers)
        if not _success(answer):
            raise self._failure(call, answer, key)
        return _decoded(call, answer, decode)

    async def fetch(self, call: Call, url: str, decode: Callable[[Document], T]) -> T:
        """The decoded document at a public address; the API key is not sent there."""
        _check_url(url, "the address of the key set")
        answer = await self._exchange(call, url, {})
        if not _success(answer):
            raise failure(call, answer)
        return _decoded(call, answer, decode)

    async def _exchange(self, call: Call, url: str, headers: Mapping[str, str]) -> Answer:
        import httpx  # noqa: PLC0415 - loaded by `open`

        if self._client is None:
            raise RuntimeError("the Neon client is used outside of its context")
        request_id = uuid.uuid4().hex
        self.traffic.requests += 1
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._client.request(
                    call.method,
                    url,
                    params=list(call.query) or None,
                    json=call.body,
                    headers={**headers, "x-request-id": request_id},
                )
        except (TimeoutError, httpx.TimeoutException) as exc:
            raise no_answer(call, f"no answer within {self._seconds:g} s") from exc
        except httpx.DecodingError as exc:
            raise bad_shape(call, "the answer's encoding is damaged") from exc
        except (httpx.HTTPError, OSError) as exc:
            raise no_answer(call, _reason(exc)) from exc
        self.traffic.received += len(response.content)
        return Answer(response.status_code, dict(response.headers), response.content, request_id)

    def _failure(self, call: Call, answer: Answer, key: Secret) -> Exception:
        """A refused key is asked for again by the next call, so that a corrected one is found."""
        found = failure(call, answer, (key,))
        if isinstance(found, AccessDenied):
            self._key = None
        return found

    async def _api_key(self) -> Secret:
        async def read() -> None:
            self._key = _checked(await self._source())

        await self._reading_key.make(read, unless=lambda: self._key is not None)
        if self._key is None:
            raise RuntimeError("the Neon client was closed while it was used")
        return self._key


def _checked(key: Secret) -> Secret:
    """The key without surrounding white space; what cannot stand in a header is refused unseen."""
    trimmed = key.map(str.strip)
    value = trimmed.reveal("check its form")
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise UsageError(
            "the Neon API key is empty or holds characters no key has",
            system="neon",
            hint="Store the key again with `portal init`.",
        )
    return trimmed


def _decoded(call: Call, answer: Answer, decode: Callable[[Document], T]) -> T:
    try:
        document: Any = json.loads(answer.body) if answer.body.strip() else {}
        if not isinstance(document, dict):
            raise ShapeError("the answer is not a JSON object")  # noqa: TRY301 - one place turns faults into errors
        return decode(document)
    except ShapeError as exc:
        raise bad_shape(call, str(exc)) from exc
    except ValueError:
        # The parser's error carries the whole text, which may hold a password.
        raise bad_shape(call, f"the answer is not JSON (HTTP {answer.status})") from None


def _success(answer: Answer) -> bool:
    return 200 <= answer.status < 300  # noqa: PLR2004 - the class of success


def _reason(exc: Exception) -> str:
    return redact(str(exc)) or type(exc).__name__


def _check_url(url: str, name: str) -> None:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        valid = False
    if not valid:
        raise UsageError(f"{name} is not an http or https URL: {redact(url)!r}", system="neon")


def _trust(base_url: str) -> ssl.SSLContext | bool:
    """This machine in the clear is no reason to read the authorities of the world: then nobody is trusted."""
    if is_loopback(base_url) and urlsplit(base_url).scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return True

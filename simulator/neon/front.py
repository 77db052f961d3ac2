"""The one TLS listener in front of every compute: routes by SNI or option, wakes, lets in, relays.

The pooled host of an endpoint leads to the same sessions as its direct one: nothing is pooled, so what
transaction pooling forbids works here and would not on Neon.
"""

import asyncio
import secrets
import socket
import ssl
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from simulator.backends.certificates import Certificate, server_end_point
from simulator.backends.postgres_binaries import PostgresUnavailable
from simulator.backends.serving import LOOPBACK, bind
from simulator.neon import pgwire
from simulator.neon.admission import Entered, Refused, challenge
from simulator.neon.challenge import Challenge
from simulator.neon.compute import Compute, EndpointDisabled, QuotaExceeded
from simulator.neon.computes import Computes
from simulator.neon.names import endpoint_of
from simulator.neon.refusals import NotFound

_OPENING_SECONDS = 15.0
_CLOSE_SECONDS = 1.0
_CHUNK = 65536
_BACKLOG = 512
_INSECURE = "connection is insecure (try using `sslmode=require`)"
_NO_ENDPOINT = (
    "The endpoint ID is not specified: use a client that sends SNI, or add options=endpoint%3D<endpoint-id>"
)
_NOT_FOUND = "The requested endpoint could not be found, or you don't have access to it"
_TRIES = 20
_DISABLED = "The endpoint has been disabled: enable it with the API and try again"


class Turned(Exception):
    """The client is told why and sent away."""


class Front:
    """Sessions end when either side closes; nothing is read from them once their client has been let in."""

    def __init__(self, computes: Computes, certificate: Certificate, address: str | None = None) -> None:
        """`address` is where to listen besides loopback, at the same port."""
        self._computes = computes
        self._addresses = [LOOPBACK] if address in {None, LOOPBACK} else [LOOPBACK, str(address)]
        self._names: weakref.WeakKeyDictionary[ssl.SSLObject, str] = weakref.WeakKeyDictionary()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate.cert, certificate.key)
        self._context.sni_callback = self._remember
        self._binding = server_end_point(certificate)
        self._secret = secrets.token_bytes(32)
        self._sessions: set[asyncio.Task[None]] = set()
        self.port = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Accept connections until the context ends, then cut what is open."""
        sockets = _bound(self._addresses)
        servers = [await asyncio.start_server(self._accept, sock=each, backlog=_BACKLOG) for each in sockets]
        self.port = int(sockets[0].getsockname()[1])
        try:
            yield
        finally:
            for server in servers:
                server.close()
            for session in self._sessions:
                session.cancel()
            if self._sessions:
                await asyncio.wait(self._sessions)

    def _remember(self, connection: object, name: str | None, _: ssl.SSLContext) -> None:
        if name and isinstance(connection, ssl.SSLObject):
            self._names[connection] = name

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = asyncio.get_running_loop().create_task(self._serve(reader, writer), name="neon session")
        self._sessions.add(session)
        session.add_done_callback(self._sessions.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._session(reader, writer)
        except Refused as exc:
            writer.write(exc.packet)
        except (Turned, pgwire.Malformed) as exc:
            writer.write(pgwire.error(str(exc)))
        except (OSError, EOFError, TimeoutError):
            return
        finally:
            await _close(writer)

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_OPENING_SECONDS):
            first = await self._secured(reader, writer)
        if first.code == pgwire.CANCEL_REQUEST:
            await self._cancel(first)
            return
        named, parameters = pgwire.endpoint_option(first.parameters())
        endpoint_id = endpoint_of(self._server_name(writer)) or named
        if endpoint_id is None:
            raise Turned(_NO_ENDPOINT)
        try:
            compute = self._computes.reached_as(endpoint_id)
            startup = pgwire.startup(first.code, parameters)
            async with compute.session():
                entered = await self._admitted(compute, startup, reader, writer)
                await _relay(entered, reader, writer, compute)
        except NotFound as exc:
            raise Turned(_NOT_FOUND) from exc
        except QuotaExceeded as exc:
            raise Turned(str(exc)) from exc
        except EndpointDisabled as exc:
            raise Turned(_DISABLED) from exc
        except PostgresUnavailable as exc:
            raise Turned("could not start the compute: PostgreSQL did not come up") from exc

    async def _admitted(
        self,
        compute: Compute,
        startup: pgwire.Opening,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> Entered:
        """A session on the compute for a client that has proved its password."""
        role = startup.parameters().get("user", "")
        if not role:
            raise Refused(pgwire.error("no PostgreSQL user name specified in startup packet", "28000"))
        exchange = Challenge(await compute.verifier(role), self._binding, self._secret, role)
        async with asyncio.timeout(_OPENING_SECONDS):
            keys, proven = await challenge(reader, writer, exchange, role)
        entered = await compute.enter(startup, keys)
        writer.write(proven + entered.greeting)
        return entered

    async def _secured(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> pgwire.Opening:
        """The first packet sent over TLS, or a cancel request, which older clients send in clear."""
        while True:
            first = await pgwire.opening(reader)
            if first.code == pgwire.SSL_REQUEST:
                writer.write(b"S")
                await writer.start_tls(self._context)
                return await pgwire.opening(reader)
            if first.code == pgwire.CANCEL_REQUEST:
                return first
            if first.code != pgwire.GSS_REQUEST:
                raise Turned(_INSECURE)
            writer.write(b"N")

    def _server_name(self, writer: asyncio.StreamWriter) -> str:
        return self._names.get(writer.get_extra_info("ssl_object"), "")

    async def _cancel(self, request: pgwire.Opening) -> None:
        """Every running postmaster is asked; only the one whose process and key match obeys."""
        for port in self._computes.awake_ports():
            try:
                async with asyncio.timeout(_CLOSE_SECONDS):
                    reply, upstream = await asyncio.open_connection(LOOPBACK, port)
                    upstream.write(request.packet)
                    await reply.read()
            except (OSError, TimeoutError):
                continue
            await _close(upstream)


async def _relay(
    entered: Entered, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, compute: Compute
) -> None:
    directions = {
        asyncio.ensure_future(_pump(reader, entered.writer, lambda _: compute.moved())),
        asyncio.ensure_future(_pump(entered.reader, writer, compute.sent)),
    }
    try:
        await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for direction in directions:
            direction.cancel()
        await asyncio.wait(directions)
        await _close(entered.writer)


async def _pump(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, moved: Callable[[int], None]
) -> None:
    try:
        while data := await source.read(_CHUNK):
            moved(len(data))
            sink.write(data)
            await sink.drain()
    except (OSError, EOFError):
        return


def _bound(addresses: Sequence[str]) -> list[socket.socket]:
    """A socket for each address, all at one port; raises OSError when none is free on all of them."""
    for left in reversed(range(_TRIES)):
        bound = [bind(host=addresses[0])]
        try:
            bound += [bind(bound[0].getsockname()[1], address) for address in addresses[1:]]
        except OSError:
            for each in bound:
                each.close()
            if not left:
                raise
        else:
            return bound
    raise AssertionError("the last try returns or raises")


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await writer.wait_closed()
    except (OSError, TimeoutError):
        writer.transport.abort()

"""How a client comes to its session: it proves its password to the front, the front proves it to the server.

The front stands where Neon's proxy stands: channel binding ends at its certificate, and the keys a client has
shown let it log in to the server as that client without ever holding the password.
"""

import asyncio
from dataclasses import dataclass

from simulator.backends.serving import LOOPBACK
from simulator.neon import pgwire
from simulator.neon.challenge import MECHANISMS, PLAIN, Breach, Challenge, Keys, Wrong
from simulator.neon.proof import Proof, Unproven

_LONGEST_REPLY = 2048
_LONGEST_NOTICE = 65536
_ENTER_SECONDS = 30.0
# crash_shutdown and admin_shutdown may meet a login half way; cannot_connect_now is said before one.
_PASSING = frozenset({"57P01", "57P02", "57P03"})


class Refused(Exception):
    """The client is not let in: an ErrorResponse for it."""

    def __init__(self, packet: bytes) -> None:
        self.packet = packet
        super().__init__("refused")


class Unready(Exception):
    """The server is going, or gone: whether another takes its place, the compute knows."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A session ready for queries; `greeting` is all the server has said about it, for the client."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    greeting: bytes


async def challenge(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    exchange: Challenge,
    role: str,
) -> tuple[Keys, bytes]:
    """Let the client prove the role's password; returns its keys and the message that ends the exchange.

    Raises Refused, Malformed, or IncompleteReadError when the client went away.
    """
    offered = b"".join(name.encode() + b"\0" for name in MECHANISMS) + b"\0"
    writer.write(pgwire.authentication(pgwire.SASL, offered))
    try:
        first = exchange.opening(*pgwire.chosen(await pgwire.message(reader, _LONGEST_REPLY)))
        writer.write(pgwire.authentication(pgwire.SASL_CONTINUE, first))
        final, keys = exchange.final(pgwire.sasl_reply(await pgwire.message(reader, _LONGEST_REPLY)))
    except Wrong:
        text = f"password authentication failed for user '{role}'"
        raise Refused(pgwire.error(text, "28P01")) from None
    except Breach as exc:
        raise Refused(pgwire.error(str(exc), "08P01")) from exc
    return keys, pgwire.authentication(pgwire.SASL_FINAL, final)


async def enter(port: int, startup: pgwire.Opening, keys: Keys) -> Entered:
    """Log in to the server at that port with a client's keys; raises Refused or Unready."""
    try:
        async with asyncio.timeout(_ENTER_SECONDS):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                writer.write(startup.packet)
                return Entered(reader, writer, await _greeting(reader, writer, Proof(keys)))
            except BaseException:
                writer.transport.abort()
                raise
    except (OSError, EOFError, TimeoutError) as exc:
        raise Unready from exc
    except (pgwire.Malformed, Unproven) as exc:
        raise Refused(pgwire.error("the compute does not speak as PostgreSQL does", "08P01")) from exc


async def _greeting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, proof: Proof) -> bytes:
    """Up to ReadyForQuery: until then the server can turn out to be going."""
    greeting = b""
    while True:
        message = await pgwire.message(reader, _LONGEST_NOTICE)
        if message.kind == b"E":
            raise Unready if message.sqlstate() in _PASSING else Refused(message.packet)
        step = message.authentication() if message.kind == b"R" else (pgwire.ADMITTED, b"")
        match step:
            case pgwire.SASL, offered if PLAIN.encode() in offered.split(b"\0"):
                writer.write(pgwire.sasl_choice(PLAIN, proof.first()))
            case pgwire.SASL_CONTINUE, data:
                writer.write(pgwire.Message(b"p", proof.final(data)).packet)
            case pgwire.SASL_FINAL, data:
                proof.check(data)
            case pgwire.ADMITTED, _:
                greeting += message.packet
            case _:
                raise pgwire.Malformed("authentication of another kind than SCRAM-SHA-256")
        if message.kind == b"Z":
            return greeting

"""The few PostgreSQL protocol messages a front has to understand before it relays bytes."""

import asyncio
import struct
from dataclasses import dataclass

SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
CANCEL_REQUEST = 80877102
SASL, SASL_CONTINUE, SASL_FINAL, ADMITTED = 10, 11, 12, 0
_LONGEST = 10_000
_HEADER = struct.Struct("!II")
_KIND = struct.Struct("!cI")
_CODE = struct.Struct("!I")
_NO_DATA = 0xFFFFFFFF


class Malformed(Exception):
    """What arrived is not the start of a PostgreSQL session."""


@dataclass(frozen=True, slots=True)
class Message:
    """One typed message; `body` is without its length."""

    kind: bytes
    body: bytes

    @property
    def packet(self) -> bytes:
        return _KIND.pack(self.kind, len(self.body) + _CODE.size) + self.body

    def authentication(self) -> tuple[int, bytes]:
        """Which step of authentication the server takes, and its data; raises Malformed."""
        if self.kind != b"R" or len(self.body) < _CODE.size:
            raise Malformed("not an authentication message")
        return _CODE.unpack_from(self.body)[0], self.body[_CODE.size :]

    def sqlstate(self) -> str:
        """Of an ErrorResponse; empty when it carries none."""
        codes = [part[1:] for part in self.body.split(b"\0") if part[:1] == b"C"]
        return codes[0].decode("ascii", "replace") if codes else ""


@dataclass(frozen=True, slots=True)
class Opening:
    """The first packet of a connection: `code` is a request or a protocol version."""

    code: int
    body: bytes

    @property
    def packet(self) -> bytes:
        return _HEADER.pack(len(self.body) + _HEADER.size, self.code) + self.body

    def parameters(self) -> dict[str, str]:
        """The startup parameters; raises Malformed when they are not pairs."""
        words = self.body.rstrip(b"\0").split(b"\0") if self.body.strip(b"\0") else []
        if len(words) % 2:
            words.append(b"")
        try:
            texts = [word.decode() for word in words]
        except UnicodeDecodeError as exc:
            raise Malformed("startup parameters are not UTF-8") from exc
        return dict(zip(texts[::2], texts[1::2], strict=True))


def startup(code: int, parameters: dict[str, str]) -> Opening:
    """A startup packet to send on."""
    pairs = b"".join(f"{name}\0{value}\0".encode() for name, value in parameters.items())
    return Opening(code, pairs + b"\0")


async def opening(reader: asyncio.StreamReader) -> Opening:
    """Read one opening packet; raises Malformed, or IncompleteReadError when the client went away."""
    length, code = _HEADER.unpack(await reader.readexactly(_HEADER.size))
    if not _HEADER.size <= length <= _LONGEST:
        raise Malformed("not a PostgreSQL startup packet")
    return Opening(code, await reader.readexactly(length - _HEADER.size))


async def message(reader: asyncio.StreamReader, longest: int = _LONGEST) -> Message:
    """Read one message; raises Malformed, or IncompleteReadError when the other side went away."""
    kind, length = _KIND.unpack(await reader.readexactly(_KIND.size))
    if not _CODE.size <= length <= longest:
        raise Malformed("a message of an impossible length")
    return Message(kind, await reader.readexactly(length - _CODE.size))


def authentication(step: int, data: bytes = b"") -> bytes:
    """A server's authentication message to send."""
    return Message(b"R", _CODE.pack(step) + data).packet


def sasl_choice(mechanism: str, data: bytes) -> bytes:
    """A client's SASLInitialResponse."""
    return Message(b"p", mechanism.encode() + b"\0" + _CODE.pack(len(data)) + data).packet


def chosen(reply: Message) -> tuple[str, bytes]:
    """Mechanism and data of a SASLInitialResponse; raises Malformed."""
    mechanism, end, rest = sasl_reply(reply).partition(b"\0")
    if not end or len(rest) < _CODE.size:
        raise Malformed("malformed SASL message")
    length, data = _CODE.unpack_from(rest)[0], rest[_CODE.size :]
    if length not in {len(data), _NO_DATA}:
        raise Malformed("malformed SASL message")
    return mechanism.decode("ascii", "replace"), data


def sasl_reply(reply: Message) -> bytes:
    """The data of a SASLResponse; raises Malformed for any other message."""
    if reply.kind != b"p":
        raise Malformed("expected SASL response, got message type " + ascii(reply.kind.decode("latin-1")))
    return reply.body


def error(message: str, sqlstate: str = "XX000") -> bytes:
    """An ErrorResponse of severity ERROR, as Neon's proxy sends before a session exists."""
    fields = b"".join(
        kind + text.encode() + b"\0"
        for kind, text in ((b"S", "ERROR"), (b"V", "ERROR"), (b"C", sqlstate), (b"M", message))
    )
    return b"E" + struct.pack("!I", len(fields) + 5) + fields + b"\0"


def endpoint_option(parameters: dict[str, str]) -> tuple[str | None, dict[str, str]]:
    """The endpoint named in `options`, and the parameters without it, as PostgreSQL would not know it."""
    words = parameters.get("options", "").split()
    named = [word.removeprefix("endpoint=") for word in words if word.startswith("endpoint=")]
    kept = " ".join(word for word in words if not word.startswith("endpoint="))
    rest = {name: value for name, value in parameters.items() if name != "options"}
    return (named[0] if named else None), ({**rest, "options": kept} if kept else rest)


def reading_only(opening: Opening) -> Opening:
    """The same for a session whose transactions only read unless it says otherwise."""
    parameters = opening.parameters()
    options = f"{parameters.get('options', '')} -c default_transaction_read_only=on".strip()
    return startup(opening.code, {**parameters, "options": options})

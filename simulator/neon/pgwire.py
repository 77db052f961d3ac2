"""The few PostgreSQL protocol messages a front has to understand before it relays bytes."""

import asyncio
import struct
from dataclasses import dataclass

SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
CANCEL_REQUEST = 80877102
_LONGEST = 10_000
_HEADER = struct.Struct("!II")


class Malformed(Exception):
    """What arrived is not the start of a PostgreSQL session."""


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

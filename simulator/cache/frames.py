"""RESP on the wire, as far as it takes to know where one command or one reply ends (versions 2 and 3)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEAD = 64
_WORDS = re.compile(rb"\s*(?:\*\d+\r\n\$\d+\r\n)?([A-Za-z]+)\s*(?:\$\d+\r\n)?([A-Za-z]*)")
_PER_ENTRY = {b"*": 1, b"~": 1, b">": 1, b"%": 2, b"|": 2}
_ATTRIBUTE = b"|"
_BULK = (b"$", b"=", b"!")


class Malformed(Exception):
    """What was sent is not RESP."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of one frame; `head` are the first ones of it, as many as are known."""

    data: bytes
    whole: bool
    head: bytes

    @property
    def command(self) -> tuple[bytes, bytes]:
        """The first two words of a command, in capitals; empty for what is none."""
        found = _WORDS.match(self.head)
        return (found[1].upper(), found[2].upper()) if found else (b"", b"")


class Frames:
    """Cuts a stream into pieces, none of which spans two frames; keeps nothing but a line and a head."""

    def __init__(self) -> None:
        self._wanted = 1
        self._skip = 0
        self._line = b""
        self._head = b""

    def feed(self, data: bytes) -> Iterator[Piece]:
        """The pieces of what just came; raises Malformed."""
        begin = position = 0
        while position < len(data):
            position = self._advance(data, position)
            if self._wanted or self._skip or self._line:
                continue
            piece, begin = data[begin:position], position
            yield Piece(piece, True, (self._head + piece)[:_HEAD])
            self._wanted, self._head = 1, b""
        if begin < len(data):
            self._head = (self._head + data[begin:])[:_HEAD]
            yield Piece(data[begin:], False, self._head)

    def _advance(self, data: bytes, position: int) -> int:
        """Where the next line, or the rest of a bulk string, ends."""
        if self._skip:
            step = min(self._skip, len(data) - position)
            self._skip -= step
            return position + step
        end = data.find(b"\n", position) + 1
        if not end:
            self._line += data[position:]
            return len(data)
        line, self._line = self._line + data[position:end], b""
        self._wanted -= 1
        self._open(line[:1], line[1:])
        return end

    def _open(self, kind: bytes, rest: bytes) -> None:
        """What has to follow a header before its frame is whole."""
        if kind not in _PER_ENTRY and kind not in _BULK:
            return
        try:
            length = int(rest)
        except ValueError as exc:
            raise Malformed(f"a length was expected after {kind!r}") from exc
        if kind in _BULK:
            self._skip = length + 2 if length >= 0 else 0
        else:
            self._wanted += max(length, 0) * _PER_ENTRY[kind] + (kind == _ATTRIBUTE)

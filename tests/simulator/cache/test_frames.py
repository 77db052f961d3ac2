"""Frames are found wherever the stream is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cache.frames import Frames, Malformed

SIMPLE = (b"+OK\r\n", b":12\r\n", b"-ERR no\r\n", b"_\r\n", b"$-1\r\n", b"*-1\r\n", b"*0\r\n")
NESTING = 3


@st.composite
def frame(draw: st.DrawFn, depth: int = 0) -> bytes:
    """A bulk string, a simple reply, or an aggregate of frames."""
    kind = draw(st.sampled_from("$+*~%" if depth < NESTING else "$+"))
    if kind == "$":
        value = draw(st.binary(max_size=20))
        return b"$%d\r\n%s\r\n" % (len(value), value)
    if kind == "+":
        return draw(st.sampled_from(SIMPLE))
    count, per = draw(st.integers(0, 3)), 2 if kind == "%" else 1
    items = [draw(frame(depth + 1)) for _ in range(count * per)]
    return b"%s%d\r\n%s" % (kind.encode(), count, b"".join(items))


@given(st.lists(frame(), max_size=5), st.lists(st.integers(1, 9), min_size=1))
def test_every_frame_ends_where_it_ends(frames: list[bytes], steps: list[int]) -> None:
    stream, cut, found, open_frame = b"".join(frames), Frames(), list[bytes](), b""
    position = turn = 0
    while position < len(stream):
        step = steps[turn % len(steps)]
        for piece in cut.feed(stream[position : position + step]):
            open_frame += piece.data
            if piece.whole:
                found.append(open_frame)
                open_frame = b""
        position, turn = position + step, turn + 1
    assert found == frames
    assert open_frame == b""


@pytest.mark.parametrize(
    ("sent", "command"),
    [
        (b"*1\r\n$4\r\ninfo\r\n", (b"INFO", b"")),
        (b"*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$3\r\nOFF\r\n", (b"CLIENT", b"REPLY")),
        (b"*4\r\n$6\r\nCLIENT\r\n$7\r\nSETINFO\r\n$1\r\na\r\n$1\r\nb\r\n", (b"CLIENT", b"SETINFO")),
        (b"info server\r\n", (b"INFO", b"SERVER")),
        (b"\r\n", (b"", b"")),
    ],
)
def test_commands_have_a_name_in_either_form(sent: bytes, command: tuple[bytes, bytes]) -> None:
    for size in (1, 3, len(sent)):
        cut = Frames()
        pieces = [
            piece for start in range(0, len(sent), size) for piece in cut.feed(sent[start : start + size])
        ]
        assert [piece.command for piece in pieces if piece.whole] == [command]


def test_what_is_no_length_is_told() -> None:
    with pytest.raises(Malformed):
        list(Frames().feed(b"*x\r\n"))

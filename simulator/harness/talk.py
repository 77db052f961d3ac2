"""The two writers: data to standard output, talk to standard error. A reader that left is no error."""

import contextlib
import os
import sys


def put(text: str) -> None:
    """Write lines of data."""
    _write(1, text)


def say(text: str) -> None:
    """Write lines of talk."""
    _write(2, text)


def _write(descriptor: int, text: str) -> None:
    stream = sys.stdout if descriptor == 1 else sys.stderr
    with contextlib.suppress(OSError, ValueError):
        stream.flush()
        os.write(descriptor, (text.rstrip("\n") + "\n").encode(errors="replace"))

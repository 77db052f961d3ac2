"""The supervisor: starts the world in its own process group and sees that nothing of it outlives its owner.

It ends the world when told to by a signal, or when its own standard input, if that is a pipe, comes to its
end, and sweeps the world's process group however the world ended. If the supervisor itself is killed, the
world reads end of file on its standard input and ends by itself.
"""

import contextlib
import os
import selectors
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

ORDERLY_SECONDS = 2.5
"""What a world gets to end in order before its whole group is killed."""
_SWEEP_SECONDS = 1.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Supervisor:
    """One world's life; `run` returns when nothing of it is left."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], pass_fds: Sequence[int] = ()) -> None:
        self._argv = argv
        self._env = env
        self._pass_fds = pass_fds
        self._selector = selectors.DefaultSelector()
        self._deadline: float | None = None
        self.interrupted = False
        """Whether a signal asked for the end."""

    @property
    def asked_to_end(self) -> bool:
        """Whether the end was asked for, by a signal or by the owner's end."""
        return self._deadline is not None

    def run(self, output: Callable[[bytes], None]) -> int:
        """Start the world, hand each piece of its standard output to `output`; returns its exit status."""
        with _signals_as_input() as signals:
            world = subprocess.Popen(
                self._argv,
                env=dict(self._env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
                pass_fds=self._pass_fds,
            )
            with world:
                try:
                    self._watch(world, signals, output)
                finally:
                    _sweep(world)
                    self._selector.close()
                return world.returncode

    def _watch(self, world: "subprocess.Popen[bytes]", signals: int, output: Callable[[bytes], None]) -> None:
        assert world.stdout is not None  # noqa: S101 - it was asked for as a pipe
        self._selector.register(signals, selectors.EVENT_READ, lambda w: self._on_signals(w, signals))
        os.set_blocking(world.stdout.fileno(), False)
        self._selector.register(world.stdout, selectors.EVENT_READ, lambda w: self._forward(w, output))
        if _is_pipe(0):
            self._selector.register(0, selectors.EVENT_READ, self._on_owner)
        while world.poll() is None:
            if self._deadline is not None and time.monotonic() >= self._deadline:
                return
            wait = None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
            for key, _ in self._selector.select(wait):
                key.data(world)
        while self._forward(world, output):
            pass

    def _on_signals(self, world: "subprocess.Popen[bytes]", signals: int) -> None:
        arrived = set(os.read(signals, 512))
        if arrived - {signal.SIGCHLD}:
            self.interrupted = True
            self._end(world)

    def _on_owner(self, world: "subprocess.Popen[bytes]") -> None:
        """Input from the owner means nothing; its end means that the owner is gone."""
        with contextlib.suppress(BlockingIOError):
            try:
                gone = not os.read(0, 4096)
            except OSError:
                gone = True
            if gone:
                self._selector.unregister(0)
                self._end(world)

    def _forward(self, world: "subprocess.Popen[bytes]", output: Callable[[bytes], None]) -> bool:
        """Hand on what the world wrote; False when there is no more for now."""
        assert world.stdout is not None  # noqa: S101 - it was asked for as a pipe
        if world.stdout.fileno() not in self._selector.get_map():
            return False
        try:
            piece = os.read(world.stdout.fileno(), 65536)
        except BlockingIOError:
            return False
        if piece:
            output(piece)
        else:
            self._selector.unregister(world.stdout)
        return bool(piece)

    def _end(self, world: "subprocess.Popen[bytes]") -> None:
        """Ask the world to end; the time it has runs from the first request."""
        if self._deadline is None:
            self._deadline = time.monotonic() + ORDERLY_SECONDS
            with contextlib.suppress(ProcessLookupError):
                world.send_signal(signal.SIGTERM)


class _signals_as_input:  # noqa: N801 - a context manager, used like a function
    """Signals arrive as bytes on a descriptor; handlers are put back afterwards."""

    def __enter__(self) -> int:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._before = {number: signal.signal(number, lambda *_: None) for number in _SIGNALS}
        self._wakeup = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        return self._read

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._read)
        os.close(self._write)


def _is_pipe(descriptor: int) -> bool:
    """Whether an end of file there means that somebody has gone: true of pipes and sockets only."""
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _sweep(world: "subprocess.Popen[bytes]") -> None:
    """Kill what is left of the world's group and wait, a moment, until it is gone."""
    _kill_group(world.pid)
    world.wait()
    deadline = time.monotonic() + _SWEEP_SECONDS
    with selectors.DefaultSelector() as pause:
        while _kill_group(world.pid) and time.monotonic() < deadline:
            pause.select(0.02)


def _kill_group(group: int) -> bool:
    """Whether there was anybody to kill; zombies count until their parent has reaped them."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True

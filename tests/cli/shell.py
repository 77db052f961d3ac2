"""`portal` as a shell sees it: a process of its own for each call, forked from one that has read the code."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

ROOT = Path(__file__).parents[2]
SECONDS = 60
# What most calls read; nothing that begins a thread or keeps a connection.
READ = ("portal.cli.running", "portal.bootstrap", "httpx")
STREAMS = ("stdin", "stdout", "stderr")


def portal(*arguments: str, cwd: Path, stdin: str = "", **more: str) -> "subprocess.CompletedProcess[str]":
    """What `portal ARGUMENTS` says and its exit code; `more` is added to a bare environment."""
    env = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "PYTHONPATH": str(ROOT), **more}
    return _server().run(arguments, env, cwd=cwd, stdin=stdin, seconds=SECONDS)


class Server:
    """Ends with the process that holds the other end of its standard input."""

    def __init__(self, env: Mapping[str, str], *read: str) -> None:
        """Begin, having read nothing yet; `read` is what the calls need beyond what most do."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.shell", *read],
            cwd=ROOT,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self, arguments: Sequence[str], env: Mapping[str, str], *, cwd: Path, stdin: str, seconds: int
    ) -> "subprocess.CompletedProcess[str]":
        """What the command says and its exit code, in exactly that environment."""
        with TemporaryDirectory() as directory:
            streams = {name: Path(directory) / name for name in STREAMS}
            streams["stdin"].write_text(stdin)
            files = {name: str(path) for name, path in streams.items()}
            code = self.call(
                {
                    "arguments": arguments,
                    "cwd": str(cwd),
                    "env": dict(env),
                    "files": files,
                    "seconds": seconds,
                }
            )
            said = [streams[name].read_text() for name in STREAMS[1:]]
        return subprocess.CompletedProcess(arguments, code, *said)

    def call(self, request: Mapping[str, Any]) -> int:
        wire, answers = self._process.stdin, self._process.stdout
        assert wire
        assert answers
        wire.write(json.dumps(request) + "\n")
        wire.flush()
        return int(answers.readline())

    def end(self) -> None:
        """Nothing is left of it."""
        self._process.communicate(timeout=SECONDS)


@cache
def _server() -> Server:
    return Server({"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)})


@contextmanager
def ending() -> Iterator[None]:
    """The server, where one began meanwhile, ends with the block."""
    yield
    if _server.cache_info().currsize:
        _server().end()
        _server.cache_clear()


def _serve(requests: IO[str], answers: IO[str], read: Sequence[str]) -> None:
    commands = [f"portal.cli.commands.{name}" for name in import_module("portal.cli.main").COMMANDS]
    for name in (*READ, *read, *commands):
        import_module(name)
    for line in requests:
        child = os.fork()
        if not child:
            _become(json.loads(line))
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


def _become(request: Mapping[str, Any]) -> None:
    """The process of one call; it never returns, and one that hangs is ended by its alarm."""
    signal = import_module("signal")
    signal.alarm(request["seconds"])
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = ["portal", *request["arguments"]]
    for number, name in enumerate(STREAMS):
        flags = os.O_RDONLY if name == "stdin" else os.O_WRONLY | os.O_CREAT
        opened = os.open(request["files"][name], flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
        setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w", closefd=False))
    code = 1
    try:
        import_module("portal.__main__").main()
    except SystemExit as exc:
        code = exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(sys.stdin, sys.stdout, sys.argv[1:])

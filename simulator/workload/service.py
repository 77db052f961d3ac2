"""The process: check every ten seconds (every second while a check fails), answer `/ready` and `/live`, or
migrate once and exit.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from simulator.workload.checks import Board, declared
from simulator.workload.contained import contained
from simulator.workload.ports import announce
from simulator.workload.report import CheckFailed, Scrubber

PERIOD_SECONDS = 10
RETRY_SECONDS = 1
FIRST_ROUND_SECONDS = 3
DEFAULT_PORT = "3000"
ENDING = frozenset({signal.SIGTERM, signal.SIGINT})


def main(arguments: Sequence[str]) -> int:
    """`[migrate] [PORT…]`: serve the ports (PORT of the environment wins), or migrate and exit 0 or 1."""
    env = dict(os.environ)
    if "migrate" in arguments:
        return migrate(env)
    ports = [env["PORT"]] if env.get("PORT", "").isdecimal() else [a for a in arguments if a.isdecimal()]
    return serve(env, ports or [DEFAULT_PORT])


def migrate(env: dict[str, str]) -> int:
    """Run the migration of the one schema this service has."""
    from simulator.workload import database  # noqa: PLC0415 - the client is paid for only when used

    try:
        say(f"migration: {database.migrate(env)}")
    except CheckFailed as failure:
        say(f"migration failed: {Scrubber(env).clean(str(failure))}")
        return 1
    return 0


def serve(env: dict[str, str], ports: Sequence[str]) -> int:
    """Answer until SIGTERM. The first round of checks precedes the ports, unless it takes long.

    The signals stay blocked and are waited for: a handler that sets an event can meet the main thread inside
    that event's lock and then waits for itself.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    board = Board(declared(env), Scrubber(env), say)
    first_round = threading.Event()
    threading.Thread(target=_keep_checking, args=(board, first_round), daemon=True).start()
    first_round.wait(FIRST_ROUND_SECONDS)
    servers = {port: _Server(board, port) for port in ports}
    for server in servers.values():
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
    if not contained():
        announce({port: server.server_port for port, server in servers.items()})
    say(f"serving port {', '.join(ports)}")
    signal.sigwait(ENDING)
    say("terminated")
    return 0


def say(line: str) -> None:
    """One line of log; the only writer of this process."""
    sys.stdout.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ} {line}\n")
    sys.stdout.flush()


def _keep_checking(board: Board, first_round: threading.Event) -> None:
    pause = threading.Event()
    while True:
        board.refresh()
        first_round.set()
        pause.wait(PERIOD_SECONDS if board.ready() else RETRY_SECONDS)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, board: Board, port: str) -> None:
        """On a free port of loopback, or on the port itself in a container of its own."""
        self.board = board
        super().__init__(("", int(port)) if contained() else ("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        """Bind without the reverse DNS look-up of the standard server."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/live":
            self._answer(200, {"live": True})
        elif path == "/ready":
            if query == "fresh":
                self.server.board.refresh()
            checks = {n: {"ok": r.ok, "detail": r.detail} for n, r in self.server.board.results().items()}
            ready = self.server.board.ready()
            self._answer(200 if ready else 503, {"ready": ready, "checks": checks})
        else:
            self._answer(404, {"message": "not found; this service answers /ready and /live"})

    def log_message(self, *_: object) -> None:
        """Requests are not logged: the log tells changes of checks."""

    def _answer(self, status: int, body: dict[str, object]) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

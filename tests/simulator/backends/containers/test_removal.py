"""What an engine still lists may be on its way out; only what stays is what it does not remove."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from simulator.backends.containers import removal
from simulator.backends.containers.marks import REAPER

_LISTED = {"Id": "c0", "Names": ["/zerotouch-r1-reaper"], "Labels": {REAPER: "r1"}}


@contextmanager
def engine(refusals: float) -> Iterator[str]:
    """Lists one container; answers so many removals with a conflict before it obeys one."""
    left = refusals

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            listed = [_LISTED] if self.path.startswith("/containers") and REAPER in self.path else []
            self._answer(200, listed if left >= 0 or not listed else [])

        def do_DELETE(self) -> None:
            nonlocal left
            left -= 1
            self._answer(409, {"message": "removal of container c0 is already in progress"})

        def _answer(self, status: int, document: object) -> None:
            body = json.dumps(
                document if document or "volumes" not in self.path else {"Volumes": []}
            ).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"tcp://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("refusals", [0, 2])
def test_a_removal_under_way_is_waited_for(refusals: int) -> None:
    with engine(refusals) as url:
        found, left = removal.remove(url, "r1")
    assert [each.name for each in found] == ["zerotouch-r1-reaper"]
    assert left == []


def test_what_stays_is_told() -> None:
    with engine(float("inf")) as url:
        _, left = removal.remove(url, "r1")
    assert [each.name for each in left] == ["zerotouch-r1-reaper"]

"""A machine on which kind is installed: the scripted program on PATH, and a container engine that answers."""

import json
import os
import shlex
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.simulator.harness.worlds import environment

PROGRAM = Path(__file__).with_name("program.py")


@dataclass
class Engine:
    """What the engine was told to remove, and whether it does; its one container is a cluster's node."""

    removed: list[str] = field(default_factory=list)
    obeys: bool = True


@dataclass
class Machine:
    """`state` is where the scripted program keeps what it was asked; `env` is what a shell would give."""

    root: Path
    env: dict[str, str]
    engine: "Engine"

    @property
    def state(self) -> Path:
        return self.root / "kind"

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    def script(self, **faults: str) -> None:
        """What goes wrong from now on: create is "hang", "fail" or "no kubeconfig", delete "fail"."""
        (self.state / "script.json").write_text(json.dumps(faults))

    def calls(self) -> list[dict[str, Any]]:
        """Every call of kind, in order: its words and its environment."""
        file = self.state / "calls.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def asked(self) -> list[str]:
        """The first word of each call."""
        return [call["words"][0] for call in self.calls()]

    @property
    def serves(self) -> bool:
        """Whether the cluster runs."""
        return (self.state / "pid").exists()


@contextmanager
def machine(root: Path, socket_directory: Path) -> Iterator[Machine]:
    """A machine of its own; a cluster that a test left running is ended."""
    programs, state = root / "bin", root / "kind"
    programs.mkdir()
    state.mkdir()
    _program(programs / "kind", shlex.join([sys.executable, str(PROGRAM), str(state)]))
    _program(programs / "docker", "false")
    engine = Engine()
    with _serving(engine, socket_directory / "engine.sock") as url:
        path = os.pathsep.join([str(programs), os.environ["PATH"]])
        env = environment(root / "tmp", PATH=path, DOCKER_HOST=url, CANARY="canary-8d2f")
        made = Machine(root, env, engine)
        made.script()
        yield made
    if made.serves:
        os.kill(int((state / "pid").read_text()), 9)


def _program(path: Path, command: str) -> None:
    path.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    path.chmod(0o755)


@contextmanager
def _serving(engine: Engine, path: Path) -> Iterator[str]:
    """The engine's URL."""

    class Handler(BaseHTTPRequestHandler):
        """Knows the calls that are made of it."""

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            if path.endswith("/containers/json"):
                self._answer(_nodes(unquote(urlsplit(self.path).query), engine))
            else:
                self._answer(_ANSWERS.get(path.rpartition("/")[2], _image(path)))

        def do_DELETE(self) -> None:
            if engine.obeys:
                engine.removed.append(urlsplit(self.path).path.rpartition("/")[2])
            self._answer({})

        def _answer(self, document: Any) -> None:
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self) -> str:
            return "test"

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    with socketserver.ThreadingUnixStreamServer(str(path), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"unix://{path}"
        finally:
            server.shutdown()
            thread.join()


_ANSWERS: dict[str, Any] = {
    "_ping": "OK",
    "version": {"Version": "28.5.0", "ApiVersion": "1.51", "MinAPIVersion": "1.24", "Arch": "amd64"},
    "info": {"OperatingSystem": "Linux", "Architecture": "x86_64"},
    "networks": [],
    "volumes": {"Volumes": []},
}


def _image(path: str) -> Any:
    image = {"Id": "sha256:1", "RepoTags": [], "Os": "linux", "Architecture": "amd64"}
    return image if "/images/" in path else []


def _nodes(query: str, engine: Engine) -> list[Any]:
    """The node container of the cluster that a filter names, until it is removed."""
    label, found = "io.x-k8s.kind.cluster", "node1"
    if label not in query or found in engine.removed:
        return []
    name = query.split(f"{label}=")[1].split('"', maxsplit=1)[0]
    return [{"Id": found, "Names": [f"/{name}-control-plane"], "Labels": {label: name}}]

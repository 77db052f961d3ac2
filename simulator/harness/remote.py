"""The control API of a running world, as its commands call it."""

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from simulator.harness.rundir import RunDirectory

_SECONDS = 5.0


class NoAnswer(Exception):
    """The world does not answer, or refuses; one sentence."""


def call(
    run: RunDirectory, method: str, path: str, body: object | None = None, *, seconds: float = _SECONDS
) -> Any:
    """The JSON a world answers with; raises NoAnswer."""
    world = run.world()
    if not world:
        raise NoAnswer(f"The world in {run.path} has not come up yet.")
    address = urlsplit(world["control_url"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=seconds)
    try:
        token = Path(world["control_token_file"]).read_text().strip()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        document = json.loads(answer.read() or b"null")
    except (OSError, ValueError, http.client.HTTPException) as exc:
        raise NoAnswer(f"The world in {run.path} does not answer: {exc}.") from exc
    finally:
        connection.close()
    if answer.status >= http.HTTPStatus.BAD_REQUEST:
        raise NoAnswer(document.get("error", f"status {answer.status}"))
    return document

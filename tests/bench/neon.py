"""A role and its database in a world a hundred times faster, until their operations have finished."""

import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from tests.bench.figures import seconds, told
from tests.simulator.harness.worlds import World

LIMIT_MS = 150
RUNS = 15
_NUMBERS = count()
_POLL_SECONDS = 0.005
_PAUSE = threading.Event()


def lines() -> Iterator[str]:
    """With the compute awake, and asleep, when each change starts it and puts it back to sleep."""
    with tempfile.TemporaryDirectory() as directory, World(Path(directory) / "tmp", "--speed", "100") as up:
        project = f"{up.told['neon_url']}/projects/{up.told['neon_projects']['dev']}"
        key = Path(up.told["neon_api_key_file"]).read_text()
        with httpx.Client(headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=60) as client:
            (branch,) = client.get(f"{project}/branches").json()["branches"]
            (endpoint,) = client.get(f"{project}/endpoints").json()["endpoints"]
            make = partial(_make, client, project, f"{project}/branches/{branch['id']}")
            yield told("one call that reads", seconds(lambda: client.get(project), RUNS) * 1000, "ms")
            yield told("role and database, compute asleep", seconds(make, 3) * 1000, "ms")
            settings = {"endpoint": {"suspend_timeout_seconds": -1}}
            _done(client, project, client.patch(f"{project}/endpoints/{endpoint['id']}", json=settings))
            _done(client, project, client.post(f"{project}/endpoints/{endpoint['id']}/start"))
            yield told("role and database, compute awake", seconds(make, RUNS) * 1000, "ms", LIMIT_MS)


def _make(client: httpx.Client, project: str, branch: str) -> None:
    name = f"bench{next(_NUMBERS)}"
    _done(client, project, client.post(f"{branch}/roles", json={"role": {"name": name}}))
    database = {"database": {"name": name, "owner_name": name}}
    _done(client, project, client.post(f"{branch}/databases", json=database))


def _done(client: httpx.Client, project: str, answer: httpx.Response) -> None:
    """Return once every operation of an answer has finished."""
    operations: list[dict[str, Any]] = answer.raise_for_status().json()["operations"]
    for operation in operations:
        status = operation["status"]
        while status not in {"finished", "skipped"}:
            _PAUSE.wait(_POLL_SECONDS)
            told_now = client.get(f"{project}/operations/{operation['id']}").raise_for_status().json()
            status = told_now["operation"]["status"]

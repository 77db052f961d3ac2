"""Containers in a real engine: marked, on loopback, followed, stopped and started, never left behind."""

import asyncio
import contextlib
import hashlib
import io
import json
import socket
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulator.backends.containers import (
    community,
    container,
    discovery,
    network,
    reach,
    reaper,
    removal,
    sdk,
    volume,
)
from simulator.backends.containers.engine import Engine
from simulator.backends.containers.failures import Cause, ContainersUnavailable, ImageUnavailable
from simulator.backends.containers.marks import RUN, SIMULATOR
from tests.simulator.engines import images
from tests.simulator.waiting import DEADLINE, until

pytestmark = pytest.mark.containers
_SERVER = "import http.server as h; print('here', flush=True); h.test(h.SimpleHTTPRequestHandler, port=8000)"


def _python(code: str, *, port: int | None = None) -> Any:
    """LocalStack's image has a Python, wherever it comes from."""
    made = community.plain(images().localstack).with_kwargs(entrypoint=["python3", "-u", "-c", code])
    return made if port is None else made.with_exposed_ports(port)


def _marked(engine: Engine) -> list[str]:
    return [each.kind for each in removal.marked(engine.url, f"{RUN}={engine.marks.run_id}")]


async def test_it_is_marked_and_published_on_loopback_only_until_its_context_ends(
    engine: Engine, tmp_path: Path
) -> None:
    log = tmp_path / "web.log"
    async with container.running(engine, lambda: _python(_SERVER, port=8000), name="web", log=log) as web:
        await until(lambda: "here" in log.read_text())
        attributes = await engine.call("looking", lambda client: client.api.inspect_container(web.id))
        labels = attributes["Config"]["Labels"]
        assert labels[SIMULATOR] == "1"
        assert labels["dev.zerotouch.backend"] == "web"
        assert labels["dev.zerotouch.run-directory"] == str(tmp_path)
        assert {each["HostIp"] for each in attributes["NetworkSettings"]["Ports"]["8000/tcp"]} == {
            "127.0.0.1"
        }
        assert attributes["HostConfig"]["RestartPolicy"]["Name"] in {"", "no"}
        await until(lambda: _answers(web.port(8000)))
        assert _marked(engine) == ["container"]
    assert _marked(engine) == []
    assert log.stat().st_mode & 0o077 == 0


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return connection.recv(8).startswith(b"HTTP")
    return False


async def test_its_end_is_told_with_its_status_and_its_last_words(engine: Engine, tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    make = lambda: _python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)")  # noqa: E731
    async with container.running(engine, make, name="brief", log=log) as brief:
        async with asyncio.timeout(DEADLINE):
            first, second = await asyncio.gather(brief.exited(), brief.exited())
        assert first == second
        assert first.status == 7
        assert sorted(log.read_text().splitlines()) == ["err", "out"]


async def test_it_is_stopped_and_started_again_as_the_same_container(engine: Engine, tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    async with container.running(engine, lambda: _python(_SERVER, port=8000), name="web", log=log) as web:
        await until(lambda: "here" in log.read_text())
        name, before = web.id, asyncio.ensure_future(web.exited())
        ended = await web.stop(0)
        assert ended.status == 137
        assert await before == ended
        await web.look()
        assert not _answers(web.port(8000))
        await web.start()
        assert web.id == name
        await until(lambda: _answers(web.port(8000)))
        await until(lambda: log.read_text().count("here") == 2)


async def test_one_removed_by_somebody_else_is_told_as_removed(engine: Engine, tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    async with container.running(engine, lambda: _python(_SERVER), name="web", log=log) as web:
        removal.remove(engine.url, engine.marks.run_id)
        async with asyncio.timeout(DEADLINE):
            ended = await web.exited()
        assert ended.status in {None, 137}


@pytest.mark.parametrize("after", [0.0, 0.02, 0.1, 0.3])
async def test_a_start_that_is_cancelled_leaves_no_container(
    engine: Engine, tmp_path: Path, after: float
) -> None:
    async def start() -> None:
        log = tmp_path / "web.log"
        async with container.running(engine, lambda: _python(_SERVER), name="web", log=log):
            await asyncio.Event().wait()

    task = asyncio.create_task(start())
    await asyncio.wait([task], timeout=after)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: _marked(engine) == [])


async def test_a_name_that_is_taken_is_told_in_one_sentence(engine: Engine, tmp_path: Path) -> None:
    make = lambda: _python(_SERVER)  # noqa: E731
    async with container.running(engine, make, name="web", log=tmp_path / "a.log"):
        with pytest.raises(ContainersUnavailable, match=r"starting web failed: its name is taken") as raised:
            async with container.running(engine, make, name="web", log=tmp_path / "b.log"):
                pass
        assert raised.value.cause is Cause.NAME_TAKEN
        assert _marked(engine) == ["container"]


async def test_a_port_that_is_taken_is_told_and_leaves_no_container(engine: Engine, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        def make() -> Any:
            return _python(_SERVER).with_bind_ports(8000, port)

        with pytest.raises(ContainersUnavailable) as raised:
            async with container.running(engine, make, name="web", log=tmp_path / "a.log"):
                pass
    assert raised.value.cause is Cause.PORT_TAKEN
    assert _marked(engine) == []


async def test_an_image_that_is_not_there_is_told_with_the_option_that_names_another(engine: Engine) -> None:
    absent = replace(images(), localstack="localhost:1/absent:1")
    told: list[str] = []
    with pytest.raises(ImageUnavailable, match=r"localhost:1/absent:1.*--image localstack=REF") as raised:
        await engine.obtain(absent, "localstack", told.append)
    assert raised.value.cause is Cause.NO_NETWORK
    assert told == ["pulling localhost:1/absent:1"]


def _image_for(architecture: str, name: str) -> bytes:
    """An image of one empty layer, as `docker save` would write it."""
    empty = bytes(1024)
    layer = f"sha256:{hashlib.sha256(empty).hexdigest()}"
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [layer]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    files = {
        "config.json": json.dumps(config).encode(),
        "manifest.json": json.dumps(manifest).encode(),
        "layer.tar": empty,
    }
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return written.getvalue()


async def test_an_image_for_another_processor_is_told_before_it_is_started(engine: Engine) -> None:
    known = await engine.check()
    other = "s390x" if known.architecture != "s390x" else "amd64"
    if known.runs(other):
        pytest.skip(f"this engine runs {other} too")
    name = f"zerotouch-test-{engine.marks.run_id}:1"
    saved = _image_for(other, name)
    await engine.call("loading", lambda client: client.images.load(saved))
    try:
        with pytest.raises(ImageUnavailable, match=f"it is for {other}, and this engine runs") as raised:
            await engine.obtain(replace(images(), localstack=name), "localstack", lambda _: None)
        assert raised.value.cause is Cause.ARCHITECTURE
    finally:
        await engine.call("removing", lambda client: client.images.remove(name, force=True))


async def test_a_network_belongs_to_the_run_and_its_gateway_is_bindable_where_the_engine_runs_here(
    engine: Engine,
) -> None:
    async with network.made(engine) as made:
        assert _marked(engine) == ["network"]
        way = reach.host(made)
        assert way.bind in {made.gateway, "127.0.0.1"}
    assert _marked(engine) == []


async def test_the_reaper_acknowledges_and_is_gone_with_its_context(engine: Engine, tmp_path: Path) -> None:
    socket_path = discovery.mountable(engine.url, "linux", None)
    async with reaper.running(engine, images().ryuk, socket_path, tmp_path / "ryuk.log"):
        assert [
            each.name for each in removal.marked(engine.url, f"dev.zerotouch.reaper={engine.marks.run_id}")
        ]
        assert _marked(engine) == []
    assert not removal.marked(engine.url, f"dev.zerotouch.reaper={engine.marks.run_id}")


async def test_a_client_can_be_made_again_after_the_engine_was_away(tmp_path: Path, engine: Engine) -> None:
    away = Engine(f"unix://{tmp_path}/none", engine.marks)
    for _ in range(2):
        with pytest.raises(ContainersUnavailable) as raised:
            await away.call("looking", lambda client: client.ping())
        assert raised.value.cause is Cause.ABSENT
    sdk.configure(engine.url)


async def test_everything_of_a_run_goes_at_once_but_for_the_reaper(engine: Engine, tmp_path: Path) -> None:
    socket_path = discovery.mountable(engine.url, "linux", None)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(
            reaper.running(engine, images().ryuk, socket_path, tmp_path / "ryuk.log")
        )
        await stack.enter_async_context(network.made(engine))
        for name in ("one", "two"):
            running = container.running(engine, lambda: _python(_SERVER), name=name, log=tmp_path / name)
            await stack.enter_async_context(running)
        await volume.make(engine, "data")
        assert sorted(_marked(engine)) == ["container", "container", "network", "volume"]
        await engine.clear()
        assert _marked(engine) == []
        assert removal.marked(engine.url, f"dev.zerotouch.reaper={engine.marks.run_id}")

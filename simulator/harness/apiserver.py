"""A cluster alone: the API server and the workload controllers as one process, known by its kubeconfig."""

import asyncio
import os
import secrets
import signal
import stat
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import orjson
import uvloop

from simulator.backends import collecting
from simulator.backends.certificates import Authority
from simulator.backends.serving import Listener, serve
from simulator.clock import WallClock
from simulator.controllers import workloads
from simulator.controllers.api import Api
from simulator.harness import clients
from simulator.harness.minted import WORKLOADS
from simulator.harness.talk import put, say
from simulator.kube.access.identity import Identity
from simulator.kube.server import KubeServer

ADMIN = Identity("kubernetes-admin", ("system:masters", "system:authenticated"))
_CONTROLLERS = Identity("system:kube-controller-manager", ADMIN.groups)


def run(directory: Path, port: int, credential: str) -> int:
    """Serve until told to end; 0 then, 1 with one sentence when it cannot start."""
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        directory.chmod(0o700)
        collecting.seldom()
        uvloop.run(_live(directory, port, credential))
    except OSError as exc:
        say(f"The cluster cannot be served from {directory}: {exc.strerror}.")
        return 1
    return 0


async def _live(directory: Path, port: int, credential: str) -> None:
    """Serve in real time, as a real cluster does."""
    end = asyncio.Event()
    _end_on_signals(end)
    clock, authority = WallClock(), Authority(directory / "pki")
    admin, controllers = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    identities = {admin: ADMIN, controllers: _CONTROLLERS}
    server = KubeServer(clock, identities, ca=authority.ca_file.read_text(), rbac=True)
    certificate = authority.issue("kubernetes", "127.0.0.1", "localhost")
    async with AsyncExitStack() as open_:
        open_.push_async_callback(server.close)
        await open_.enter_async_context(server.running())
        listener = await open_.enter_async_context(
            serve(
                server.app,
                cert=certificate.cert,
                key=certificate.key,
                clients=authority.ca_file,
                port=port,
            )
        )
        api = await open_.enter_async_context(
            Api(listener.url, controllers, authority.ca_file, manager=WORKLOADS)
        )
        working = asyncio.create_task(workloads.run(api, clock))
        _announce(directory, listener, authority, admin if credential == "token" else "")
        stop = asyncio.create_task(end.wait())
        await asyncio.wait({working, stop}, return_when=asyncio.FIRST_COMPLETED)
        for task in (working, stop):
            task.cancel()
        for ended in await asyncio.gather(working, stop, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


def _announce(directory: Path, listener: Listener, authority: Authority, token: str) -> None:
    """The kubeconfig, with a token when one is given, else with a certificate; then the line of output."""
    kubeconfig = directory / "kubeconfig"
    if token:
        user = clients.token_user(token)
    else:
        user = clients.certificate_user(authority.issue_client("admin", ADMIN.user, ADMIN.groups[0]))
    clients.write_kubeconfig(kubeconfig, listener.url, authority.ca_file, user)
    put(orjson.dumps({"kubeconfig": str(kubeconfig), "url": listener.url, "pid": os.getpid()}).decode())


def _end_on_signals(end: asyncio.Event) -> None:
    """Also at the end of the standard input, when that is a pipe, or the socket some parents give for one."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    stdin = sys.stdin.fileno()
    mode = os.fstat(stdin).st_mode
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):

        def read() -> None:
            if not os.read(stdin, 1024):
                loop.remove_reader(stdin)
                end.set()

        loop.add_reader(stdin, read)

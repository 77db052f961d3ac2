"""moto's life: start the child, wait until it answers, notice when it ends."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from simulator.backends.environment import constructed
from simulator.backends.failure import BackendFailed
from simulator.backends.process import Child, start

START_SECONDS = 20.0
STOP_SECONDS = 1.0
_POLL_SECONDS = 0.02
_NO_AWS = {
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "false",
}


@asynccontextmanager
async def running(log: Path, *, home: Path) -> AsyncGenerator["Moto"]:
    """moto, accepting requests, until the context ends; raises BackendFailed when it does not come up.

    `home` is the child's home and working directory, where it leaves the number of its port.
    """
    port_file = home / "moto.port"
    port_file.unlink(missing_ok=True)
    child = await start(
        [sys.executable, "-m", "simulator.ssm.server", str(port_file)],
        env=constructed({"HOME": str(home), **_NO_AWS}),
        cwd=home,
        log=log,
        leash=True,
    )
    try:
        port = await _accepting(child, port_file)
        yield Moto(f"http://127.0.0.1:{port}", child)
    finally:
        await child.stop(STOP_SECONDS)


class Moto:
    """Where moto answers and as which process; it understands both services at one address."""

    def __init__(self, url: str, child: Child) -> None:
        self.url = url
        self.pid = child.pid
        self._child = child

    async def ended(self) -> str:
        """What happened to it, once its process has ended."""
        return f"ended with status {await self._child.wait()} while it was needed"


async def _accepting(child: Child, port_file: Path) -> int:
    try:
        async with asyncio.timeout(START_SECONDS):
            while (port := _announced(port_file)) is None:
                if child.returncode is not None:
                    raise BackendFailed("moto", f"ended with status {child.returncode} at start", child.log)
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError as exc:
        raise BackendFailed("moto", f"did not come up within {START_SECONDS:.0f} s", child.log) from exc
    return port


def _announced(port_file: Path) -> int | None:
    try:
        return int(port_file.read_text())
    except FileNotFoundError:
        return None

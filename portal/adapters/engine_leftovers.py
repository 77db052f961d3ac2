"""What ended rehearsals left in container engines, as the simulator finds it: it knows its own marks."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.adapters.simulator_child import leftovers, passed_on

SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class EngineItem:
    """`kind` is container, network, volume or cluster; `run` the rehearsal it is of."""

    kind: str
    name: str
    run: str


@dataclass(frozen=True, slots=True)
class EngineLeftovers:
    """What is there, and each reason for which there may be more that nobody sees."""

    items: tuple[EngineItem, ...]
    troubles: tuple[str, ...]


async def in_engines(environ: Mapping[str, str], *, seconds: float = SECONDS) -> EngineLeftovers:
    """Ask the simulator; whatever keeps it from an answer is a trouble, never an error."""
    process = await asyncio.create_subprocess_exec(
        *leftovers(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=passed_on(environ),
    )
    try:
        async with asyncio.timeout(seconds):
            out, talk = await process.communicate()
    except TimeoutError:
        return EngineLeftovers((), (f"the simulator did not tell what is left within {seconds:.0f} s",))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        return _told(json.loads(out))
    except (ValueError, KeyError, TypeError):
        last = talk.decode(errors="replace").strip().rpartition("\n")[2]
        return EngineLeftovers((), (f"the simulator cannot tell what is left: {last or 'it said nothing'}",))


def _told(document: Mapping[str, Any]) -> EngineLeftovers:
    items = tuple(EngineItem(str(i["kind"]), str(i["name"]), str(i["run"])) for i in document["leftovers"])
    return EngineLeftovers(items, tuple(str(trouble).rstrip(".") for trouble in document["troubles"]))

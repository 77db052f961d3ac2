"""The interface as a process of its own, with a part that goes wrong: `python -m tests.tui.stage PART`."""

import asyncio
import sys

from portal.core.events import Progress, Stage
from portal.errors import InterruptedRun, RefusedError
from portal.ports import Report
from portal.tui.app import run_app
from portal.tui.background import Work
from tests.tui.views import Played, broken, healthy, view

CANARY = "canary-90aa17"


class Explosive(Played):
    """Hands the screen a tenant no screen can draw."""

    def __init__(self) -> None:
        super().__init__(view(healthy()))
        self.queue.put_nowait(CANARY)  # type: ignore[arg-type]


async def _finishes(report: Report) -> None:
    report(Progress("payments/dev", "role", Stage.DONE))


async def _fails(report: Report) -> None:
    report(Progress("payments/dev", "role", Stage.STARTED))
    raise RefusedError("the role belongs to somebody else")


async def _breaks(report: Report) -> None:
    password = CANARY
    report(Progress("payments/dev", "role", Stage.STARTED))
    raise ValueError(password)


async def _lasts(report: Report) -> None:
    report(Progress("payments/dev", "role", Stage.STARTED))
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError as exc:
        report(Progress("payments/dev", "role", Stage.DONE))
        sys.stdout.flush()
        raise InterruptedRun("stopped after the step under way") from exc


WORK: dict[str, Work] = {"finishes": _finishes, "fails": _fails, "breaks": _breaks, "lasts": _lasts}


async def main(part: str) -> int:
    fleet = Explosive() if part == "crash" else Played(view(healthy(), broken()))
    return await run_app(fleet, title="stage", rehearsal=True, background=WORK.get(part))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1])))

"""A command that breaks says so in one sentence, without anything that could be a value."""

import argparse
import asyncio
import types

import pytest

from portal.cli.call import Call
from portal.cli.diagnostics import ExitCode
from portal.cli.running import execute
from portal.errors import RefusedError, told

CANARY = "canary-7f10c2"


def command(run: object) -> types.ModuleType:
    module = types.ModuleType("broken")
    module.run = run  # type: ignore[attr-defined]
    return module


async def breaks(call: Call) -> ExitCode:
    password = f"{CANARY}-{call.args.output}"
    raise ValueError(password)


async def breaks_in_a_group(call: Call) -> ExitCode:
    async with asyncio.TaskGroup() as group:
        group.create_task(breaks(call))
    return ExitCode.DONE


async def breaks_unheard(call: Call) -> ExitCode:
    failed = asyncio.ensure_future(breaks(call))
    await asyncio.wait([failed])
    del failed
    return ExitCode.DONE


@pytest.mark.parametrize(
    ("run", "code", "words"),
    [
        (breaks, 1, "portal ended by a fault of the portal itself: ValueError in test_crash.py, line "),
        (breaks_in_a_group, 1, "ValueError in test_crash.py, line "),
        (breaks_unheard, 0, "in the background: a fault of the portal itself: ValueError in test_crash.py"),
    ],
)
def test_a_fault_of_the_portal_shows_its_kind_and_place_and_no_text(
    capfd: pytest.CaptureFixture[str], run: object, code: int, words: str
) -> None:
    assert execute(command(run), argparse.Namespace(output="table")) == code
    out, err = capfd.readouterr()
    assert words in err
    assert CANARY not in out + err
    assert "Traceback" not in err


def test_an_error_of_the_tree_tells_itself() -> None:
    assert told(RefusedError("the lease is held", hint="Wait")) == "the lease is held. Wait"

"""Leaving ends the interface, however soon the work under way ends."""

import asyncio

from textual.message import Message

from portal.errors import InterruptedRun
from portal.ports import Report
from portal.tui.background import Background
from portal.tui.present.activity import Outcome


async def _yields_at_once(_: Report) -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError as exc:
        raise InterruptedRun("stopped") from exc


async def test_a_stop_is_remembered_when_the_work_has_ended_before_anybody_was_told() -> None:
    told: list[Message] = []
    background = Background(_yields_at_once, told.append)
    background.begin()
    await asyncio.sleep(0)
    background.stop()
    await background.end()
    assert background.activity.outcome is Outcome.STOPPED
    remembered = [background.asked_to_stop]
    assert background.take(_yields_at_once)
    remembered.append(background.asked_to_stop)
    assert remembered == [True, False]
    await background.end()

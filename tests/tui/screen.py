"""What a pilot sees: the text on the screen, and waiting for it."""

from collections.abc import Callable
from pathlib import Path

from textual.app import App
from textual.pilot import Pilot

from portal.tui.app import PortalApp
from portal.tui.background import Work
from portal.tui.follow import LiveFleet

TURNS = 200
SCROLL_BARS = str.maketrans(dict.fromkeys("▁▂▃▄▅▆▇█", " "))


class Hand:
    """A clock moved by hand, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def portal(
    fleet: LiveFleet,
    *,
    work: Work | None = None,
    clock: Hand | None = None,
    colour: bool = True,
    directory: Path | None = None,
) -> PortalApp:
    """The application on a fleet played by the test."""
    return PortalApp(
        fleet,
        title="test",
        rehearsal=True,
        work=work,
        colour=colour,
        directory=directory,
        monotonic=clock or Hand(),
    )


def text(app: App[None]) -> str:
    """Every line of the screen as a person reads it."""
    strips = app.screen._compositor.render_strips(app.size)
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def flat(app: App[None]) -> str:
    """The screen as one line without scroll bars, so that wrapped text can be found."""
    return " ".join(text(app).translate(SCROLL_BARS).split())


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Let the application work until the condition holds."""
    for _ in range(TURNS):
        if condition():
            return
        await pilot.pause()
    raise AssertionError("the screen did not get there:\n" + text(pilot.app))


async def shows(pilot: Pilot[None], *expected: str) -> None:
    """Let the application work until the screen shows all of these."""
    for part in expected:
        await until(pilot, lambda part=part: part in flat(pilot.app))  # type: ignore[misc]

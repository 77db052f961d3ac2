"""Every screen in every state at two sizes is drawn as its stored picture, which somebody looked at."""

import difflib
from pathlib import Path

import pytest

from tests.tui.snapshots.__main__ import STORED
from tests.tui.snapshots.scenes import SIZES, pictures
from tests.tui.snapshots.states import STATES
from tests.tui.snapshots.svg import lines

# One run visits every screen.
pytestmark = pytest.mark.timeout(300)
SHOWN = 12
# The wide terminal shows the same states with more room; one of them is drawn every time.
CASES = [
    pytest.param(state, size, marks=[pytest.mark.long] if size == "160x45" and state != "normal" else [])
    for state in STATES
    for size in SIZES
]


def _difference(stored: Path, picture: str) -> str:
    """Empty where both are the same; else the lines that differ, or that only colours do."""
    before = stored.read_text() if stored.is_file() else ""
    if before == picture:
        return ""
    changed = difflib.unified_diff(lines(before), lines(picture), "stored", "drawn", lineterm="", n=0)
    told = "\n".join(list(changed)[:SHOWN]) or "the same text in other colours or places"
    return f"{stored.parent.name}/{stored.stem}:\n{told}"


@pytest.mark.parametrize(("state", "size"), CASES)
async def test_every_screen_looks_as_it_did(state: str, size: str) -> None:
    folder = STORED / f"{state}-{size}"
    seen, differences = set(), []
    async for scene, picture in pictures(STATES[state](), SIZES[size]):
        seen.add(scene)
        differences.append(_difference(folder / f"{scene}.svg", picture))
    told = "\n".join(filter(None, differences))
    assert not told, f"look at `make snapshots`, then at the pictures:\n{told}"
    assert {path.stem for path in folder.glob("*.svg")} == seen

"""Draw every picture anew: `make snapshots`, or some states: `make snapshots ARGS="normal empty"`."""

import asyncio
import shutil
import sys
from pathlib import Path

from tests.tui.snapshots.scenes import SIZES, pictures
from tests.tui.snapshots.states import STATES

STORED = Path(__file__).with_name("stored")


async def _drawn(name: str, size: str) -> int:
    folder = STORED / f"{name}-{size}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    count = 0
    async for scene, picture in pictures(STATES[name](), SIZES[size]):
        (folder / f"{scene}.svg").write_text(picture)
        count += 1
    return count


def main(names: list[str]) -> int:
    """Write the pictures of the states named, of all without a name."""
    for name in names or STATES:
        for size in SIZES:
            count = asyncio.run(_drawn(name, size))
            sys.stdout.write(f"{name} {size}: {count} pictures\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m tests.bench.shown TENANTS REPORT`: begins as the command does, then shows the stage."""

import sys
from pathlib import Path

from portal.tui.later import COLLECTING


def main(count: str, report: str) -> None:
    """Import the interface with collecting put off."""
    COLLECTING.put_off()
    from tests.bench.shown.stage import run  # noqa: PLC0415 - as the command imports it

    run(int(count), Path(report))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Run as a script by an isolated interpreter: makes the package importable, then becomes the service."""

import sys
from pathlib import Path


def launch() -> int:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from simulator.workload.service import main  # noqa: PLC0415 - importable only from here on

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(launch())

"""`python -m portal` and the `portal` script."""

import gc
import os
import sys
import threading

_INTERRUPTED = 130
CYCLES = 20_000, 20, 20
"""How many new objects make Python look for cycles among them. Most of what a short command makes is modules,
which stay: by Python's own setting, a fifteenth of it is looking through them again and again.
"""


def main() -> None:
    """Run the command line and exit with its code; ^C before a command runs is quiet too."""
    gc.set_threshold(*CYCLES)
    try:
        from portal.cli.main import run  # noqa: PLC0415 - keeps `import portal.__main__` free of work

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = _INTERRUPTED
    _leave(code)


def _leave(code: int) -> None:
    """Exit; a thread that waits for a system which does not answer holds nobody back."""
    if any(not (thread.daemon or thread is threading.main_thread()) for thread in threading.enumerate()):
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()

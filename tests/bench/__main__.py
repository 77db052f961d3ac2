"""`make bench`, or one part: `make bench ARGS=world`; figures stand beside floor and load of their run."""

import os
import sys
import time
from collections.abc import Callable, Iterator

from tests.bench import controllers, kube, live, neon, onboarding, rehearsal, start, tui, world

PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "start": start.lines,
    "tui": tui.lines,
    "live": live.lines,
    "world": world.lines,
    "kube": kube.lines,
    "neon": neon.lines,
    "onboarding": onboarding.lines,
    "controllers": controllers.lines,
    "rehearsal": rehearsal.lines,
}


def main(names: list[str]) -> int:
    """Print every figure of the parts named, of all without a name; 2 when a name is none of a part."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.stderr.write(f"There is no part {', '.join(unknown)}. Parts: {', '.join(PARTS)}\n")
        return 2
    for name in names or PARTS:
        began = time.perf_counter()
        sys.stdout.write(f"== {name}\n")
        for line in PARTS[name]():
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        busy = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
        sys.stdout.write(f"   ({time.perf_counter() - began:.0f} s, {busy})\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

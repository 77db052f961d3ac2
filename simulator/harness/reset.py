"""`reset`: a running world back to its first state."""

import argparse

from simulator.harness.remote import NoAnswer, call
from simulator.harness.selection import Refusal, the_run
from simulator.harness.talk import say

_SECONDS = 60.0


def run(arguments: argparse.Namespace) -> int:
    """Say what was reset and what was kept."""
    try:
        done = call(
            the_run(arguments.run_dir), "POST", "/reset", {"faults": arguments.faults}, seconds=_SECONDS
        )
    except NoAnswer as exc:
        raise Refusal(str(exc)) from exc
    say(f"Back to the first state in {done['seconds']:.1f} s: {', '.join(done['reset'])}.")
    say(f"Kept: {', '.join(done['kept'])}.")
    return 0

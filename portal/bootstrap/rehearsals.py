"""Settings of a rehearsal that is already running."""

import json
from pathlib import Path

from portal.adapters.leftovers import WORLD, running
from portal.adapters.rehearsal import settings_of
from portal.errors import UsageError
from portal.settings import Settings


def world_settings(run_dir: Path) -> Settings:
    """Settings made from the world's own facts; raises UsageError where there is no world."""
    hint = "Start one with `portal rehearse`; it says where its run directory is"
    try:
        settings = settings_of(json.loads((run_dir / WORLD).read_text()))
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise UsageError(f"{run_dir} is not the run directory of a rehearsal", hint=hint) from exc
    if not running(run_dir):
        raise UsageError(f"the rehearsal in {run_dir} has ended", hint=hint)
    return settings

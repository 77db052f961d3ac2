"""Settings of a rehearsal that is already running."""

import json
from pathlib import Path

from portal.adapters.leftovers import MARK
from portal.adapters.rehearsal import settings_of
from portal.errors import UsageError
from portal.settings import Settings


def world_settings(run_dir: Path, *, read_only: bool = False) -> Settings:
    """Settings made from the world's own facts; raises UsageError where there is no world."""
    try:
        return settings_of(json.loads((run_dir / MARK).read_text()), read_only=read_only)
    except (OSError, ValueError, KeyError, TypeError) as exc:
        hint = "Start one with `portal rehearse`; it says where its run directory is"
        raise UsageError(f"{run_dir} is not the run directory of a running rehearsal", hint=hint) from exc

"""An error in one sentence that shows no local variable."""

import traceback
from pathlib import Path

from portal.errors import PortalError


def told(error: BaseException) -> str:
    """The portal's own errors speak for themselves; of others only their kind and place are told, because
    their text and their frames may hold secrets.
    """
    if isinstance(error, PortalError):
        return str(error)
    if isinstance(error, BaseExceptionGroup):
        return told(error.exceptions[0])
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"a fault of the portal itself: {type(error).__name__}{place}"

"""Where settings come from: profile file, environment, flags, each remembered beside its value.

Reads files and the environment, contacts nothing. A later layer wins: default < file < environment < flag.
"""

from portal.config.load import Overrides, load, load_rehearsal, on_top_of

__all__ = ["Overrides", "load", "load_rehearsal", "on_top_of"]

"""Neon's control plane over its public API v2, and nothing else of Neon.

No call is repeated here: the engine owns the retry policy. Passwords, connection strings and the API key are
`Secret` from the border on and never part of an error.
"""

from portal.adapters.neon.api import NeonApi

__all__ = ["NeonApi"]

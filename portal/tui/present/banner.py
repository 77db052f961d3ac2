"""The line that says where one is."""

from collections.abc import Mapping

from portal.core.tiers import by_tier


def banner(title: str, tiers: Mapping[str, str], *, rehearsal: bool, read_only: bool = False) -> str:
    """The settings' name, or that nothing is real and which backend comes from where; read-only is said."""
    only = " · READ-ONLY" if read_only else ""
    if not rehearsal:
        return f"portal · {title}{only}"
    if not tiers:
        return f"REHEARSAL — a simulated world, nothing here is real{only}"
    return f"REHEARSAL, nothing is real · {by_tier(tiers)}{only}"

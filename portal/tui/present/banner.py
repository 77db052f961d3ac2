"""The line that says where one is."""

from collections.abc import Mapping

from portal.core.tiers import by_tier


def banner(title: str, tiers: Mapping[str, str], *, rehearsal: bool) -> str:
    """The settings' name, or that nothing is real and which backend comes from where."""
    if not rehearsal:
        return f"portal · {title}"
    if not tiers:
        return "REHEARSAL — a simulated world, nothing here is real"
    return f"REHEARSAL, nothing is real · {by_tier(tiers)}"

"""Where the backends of a rehearsal come from, in words; `tiers` maps a backend to its tier."""

from collections.abc import Mapping

PROCESSES = frozenset({"embedded", "process"})
"""Tiers whose backends are processes of this machine; anything else needs a container engine or a cluster."""


def beyond_processes(tiers: Mapping[str, str]) -> bool:
    """Whether some backend is more than a process of this machine."""
    return any(tier not in PROCESSES for tier in tiers.values())


def by_tier(tiers: Mapping[str, str]) -> str:
    """`container: postgres ssm · embedded: cache cluster`; that pods are processes goes without saying."""
    names: dict[str, list[str]] = {}
    for name, tier in tiers.items():
        if tier != "process":
            names.setdefault(tier, []).append(name)
    return " · ".join(f"{tier}: {' '.join(backends)}" for tier, backends in names.items())

"""One tenant seen through its parts: each tab is a pure function from what is held to a sheet."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from portal.core.chain import HopName, HopState, Verdict
from portal.core.observed import Seen
from portal.tui.present.parts import CHAIN
from portal.tui.present.pieces import Piece, Tone
from portal.tui.present.sheet import Lights, Section, Sheet
from portal.tui.present.tabs.cache import cache
from portal.tui.present.tabs.database import database
from portal.tui.present.tabs.declared import declared
from portal.tui.present.tabs.pods import pods
from portal.tui.present.tabs.secrets import secrets
from portal.tui.present.tabs.sync import sync
from portal.tui.present.tabs.timeline import timeline

TABS: Mapping[str, Callable[[Seen, Lights], Sheet]] = MappingProxyType(
    {
        "Database": database,
        "Secrets": secrets,
        "Cache": cache,
        "Sync": sync,
        "Pods": pods,
        "Timeline": timeline,
        "YAML": declared,
    }
)
_OF_HOP: Mapping[HopName, str] = MappingProxyType(
    {
        HopName.SPEC: "YAML",
        HopName.BRANCH: "Database",
        HopName.COMPUTE: "Database",
        HopName.DATABASE: "Database",
        HopName.PARAMETERS: "Secrets",
        HopName.STORE: "Secrets",
        HopName.EXTERNAL_SECRETS: "Secrets",
        HopName.SECRETS: "Secrets",
        HopName.PULL_SECRET: "Secrets",
        HopName.CACHE: "Cache",
        HopName.APPLICATION: "Sync",
        HopName.WORKLOAD: "Pods",
        HopName.FRESHNESS: "Pods",
    }
)
UNREAD: Sheet = (Section(Piece("Nothing is followed now; the chain shows what was seen last.", Tone.WARN)),)


def tab_sheet(title: str, seen: Seen | None, lights: Lights) -> Sheet:
    """The sheet of a tab."""
    return TABS[title](seen, lights) if seen is not None else UNREAD


def tab_of(verdict: Verdict) -> str:
    """The tab that shows more of what is wrong first."""
    wrong = (hop.name for hop in verdict.hops if hop.state is not HopState.HEALTHY)
    first = verdict.broken_hop or next(wrong, None)
    return _OF_HOP.get(first, CHAIN) if first is not None else CHAIN


__all__ = ["TABS", "tab_of", "tab_sheet"]

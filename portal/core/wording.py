"""Words and signs both front ends use: a state is never shown by colour alone."""

from portal.core.chain import HopState
from portal.core.events import Stage
from portal.core.facets import Freshness, SourceState

SIGNS = {
    HopState.HEALTHY: "✔",
    HopState.PROGRESSING: "…",
    HopState.DEGRADED: "!",
    HopState.BROKEN: "✖",
    HopState.UNKNOWN: "?",
}
SOURCE_SIGNS = {
    Freshness.LIVE: "●",
    Freshness.LAGGING: "◐",
    Freshness.STALE: "○",
    Freshness.UNKNOWN: "?",
    Freshness.DENIED: "✖",
    Freshness.NEVER_LOADED: "·",
}
STAGE_SIGNS = {
    Stage.STARTED: "·",
    Stage.WAITING: "…",
    Stage.DONE: "✔",
    Stage.UNCHANGED: "=",
    Stage.FAILED: "✖",
    Stage.SKIPPED: "-",
}
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_CONTROL = 0x20


def sign(state: HopState) -> str:
    """One character for a state."""
    return SIGNS[state]


def age(seconds: float | None) -> str:
    """`4s`, `12m`, `3h`, `2d`; `-` where there is no age."""
    if seconds is None:
        return "-"
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{max(0, int(seconds))}s"


def source_line(source: SourceState) -> str:
    """`● neon live 3s`, with the reason and the wait where there is one."""
    parts = [SOURCE_SIGNS[source.state], source.name.value, source.state.value]
    if source.age_seconds is not None:
        parts.append(age(source.age_seconds))
    if source.detail and source.state is not Freshness.LIVE:
        parts.append(f"({plain(source.detail)})")
    if source.retry_in is not None:
        parts.append(f"next try in {age(source.retry_in)}")
    return " ".join(parts)


def plain(text: str) -> str:
    """Text from outside made harmless for a terminal: control and bidirectional characters become `�`."""
    # Neither is printable, so most text needs no closer look.
    return text if text.isprintable() else "".join(_shown(char) for char in text)


def clip(text: str, width: int) -> str:
    """At most `width` characters, the cut marked with an ellipsis."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def clip_middle(text: str, width: int) -> str:
    """As `clip`, for names whose end says more than their middle: paths and addresses."""
    if len(text) <= width:
        return text
    kept = max(0, width - 1)
    tail = kept * 2 // 3
    return f"{text[: kept - tail]}…{text[len(text) - tail :]}"


def _shown(char: str) -> str:
    code = ord(char)
    if char in "\n\t":
        return " "
    hidden = code < _CONTROL or 0x7F <= code < 0xA0 or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069  # noqa: PLR2004 - Unicode ranges: C1 controls and direction overrides
    return "�" if hidden or code in {0x200E, 0x200F, 0x61C} else char

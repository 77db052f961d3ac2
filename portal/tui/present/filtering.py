"""The filter of the fleet: words that must all hold.

`idsv` is fuzzy in the name or stands in cause or state; `/^pay/` is a regular expression;
`state:broken,unknown` looks into one column; `!` before any of them turns it around.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from portal.core.chain import HOP_GROUPS, HopName, Verdict
from portal.errors import UsageError
from portal.tui.present.pieces import RANKS

Test: TypeAlias = Callable[[Verdict], bool]
Tells: TypeAlias = Callable[[Verdict], str]

_TERM = re.compile(
    r"""\s*(?P<inverse>!?)(?:(?P<column>[A-Za-z][A-Za-z-]*):)?
    (?:/(?P<regex>(?:\\.|[^/\\])*)/?(?=\s|$)|"(?P<literal>[^"]*)"?|(?P<words>\S*))""",
    re.VERBOSE,
)
LONGEST = 200


@dataclass(frozen=True, slots=True)
class FleetFilter:
    """What was typed, and the tests it came to."""

    text: str = ""
    tests: tuple[Test, ...] = ()

    def admits(self, verdict: Verdict) -> bool:
        """Whether every word holds."""
        return all(test(verdict) for test in self.tests)


def read_filter(text: str) -> FleetFilter:
    """Raises UsageError for a column that is none, and for a regular expression that is none."""
    if len(text) > LONGEST:
        raise UsageError(f"a filter has at most {LONGEST} characters")
    return FleetFilter(text.strip(), tuple(_tests(text.strip())))


def expanded(text: str, saved: Mapping[str, str]) -> str:
    """`@name` as the filter that was saved under it; raises UsageError where there is none."""
    name = text.strip().removeprefix("@")
    if name == text.strip():
        return text
    if name not in saved:
        known = ", ".join(f"@{each}" for each in sorted(saved)) or "none"
        raise UsageError(f"no filter is saved as @{name}; there is {known}")
    return saved[name]


def group_state(verdict: Verdict, names: tuple[HopName, ...]) -> str:
    """The worst state among the hops of a group, `-` where none is asked for."""
    states = [hop.state for hop in verdict.hops if hop.name in names]
    return min(states, key=RANKS.__getitem__) if states else "-"


def _of_group(names: tuple[HopName, ...]) -> Tells:
    return lambda verdict: group_state(verdict, names)


COLUMNS: Mapping[str, Tells] = MappingProxyType(
    {
        "tenant": lambda verdict: str(verdict.tenant),
        "service": lambda verdict: verdict.tenant.service,
        "env": lambda verdict: verdict.tenant.environment,
        "state": lambda verdict: verdict.state,
        "hop": lambda verdict: verdict.broken_hop or "-",
        "cause": lambda verdict: verdict.cause,
        "fix": lambda verdict: verdict.fix,
        **{title.lower(): _of_group(names) for title, names in HOP_GROUPS},
    }
)
_ALIASES = MappingProxyType({"environment": "env", "name": "tenant", "broken": "hop"})


def _tests(text: str) -> Iterator[Test]:
    at = 0
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None or found.end() == at:
            raise UsageError(f"the filter cannot be read from {text[at:]!r} on")
        at = found.end()
        test = _test(found)
        if test is not None:
            yield _inverse(test) if found["inverse"] else test


def _test(found: "re.Match[str]") -> Test | None:
    tells = _column(found["column"]) if found["column"] else None
    if found["regex"] is not None:
        return _regular(found["regex"], tells or _everything)
    if found["literal"] is not None:
        return _contains((found["literal"],), tells or _everything)
    words = found["words"]
    if tells is not None:
        return _contains(tuple(filter(None, words.split(","))), tells)
    return _loose(words) if words else None


def _column(name: str) -> Tells:
    key = _ALIASES.get(name.lower(), name.lower())
    if key not in COLUMNS:
        raise UsageError(f"no column {name}; there are {', '.join(COLUMNS)}")
    return COLUMNS[key]


def _regular(pattern: str, tells: Tells) -> Test:
    """By RE2, whose time grows with the text alone: no pattern can hold the interface up."""
    import re2  # noqa: PLC0415 - only who filters by a regular expression needs it

    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as exc:
        raise UsageError(f"/{pattern}/ is no regular expression: {_reason(exc)}") from exc
    return lambda verdict: compiled.search(tells(verdict)) is not None


def _reason(error: Exception) -> str:
    """RE2 tells it in bytes."""
    told = error.args[0] if error.args else ""
    return told.decode(errors="replace") if isinstance(told, bytes) else str(told)


def _contains(words: tuple[str, ...], tells: Tells) -> Test:
    lowered = tuple(word.lower() for word in words)

    def test(verdict: Verdict) -> bool:
        text = tells(verdict).lower()
        return not lowered or any(word in text for word in lowered)

    return test


def _loose(word: str) -> Test:
    lowered = word.lower()

    def test(verdict: Verdict) -> bool:
        return _follow(lowered, str(verdict.tenant).lower()) or lowered in _told(verdict).lower()

    return test


def _follow(letters: str, name: str) -> bool:
    """Whether the letters stand in the name in this order."""
    left = iter(name)
    return all(letter in left for letter in letters)


def _inverse(test: Test) -> Test:
    return lambda verdict: not test(verdict)


def _told(verdict: Verdict) -> str:
    return f"{verdict.state} {verdict.broken_hop or ''} {verdict.cause}"


def _everything(verdict: Verdict) -> str:
    return f"{verdict.tenant} {_told(verdict)}"

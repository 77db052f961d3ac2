"""Where the backends of a rehearsal come from, as the interface and the report tell it."""

import pytest

from portal.core.report import Backend, Phase, RehearsalReport, report_document, report_markdown
from portal.core.tiers import beyond_processes, by_tier
from portal.tui.present.banner import banner

EMBEDDED = {"postgres": "embedded", "ssm": "embedded", "cache": "embedded", "cluster": "embedded"}
PROCESSES = {**EMBEDDED, "pods": "process"}
MIXED = {**EMBEDDED, "postgres": "container", "ssm": "container", "pods": "process"}


@pytest.mark.parametrize(
    ("tiers", "beyond", "words"),
    [
        pytest.param(PROCESSES, False, "embedded: postgres ssm cache cluster", id="embedded"),
        pytest.param(MIXED, True, "container: postgres ssm · embedded: cache cluster", id="mixed"),
        pytest.param(
            {**PROCESSES, "pods": "container"},
            True,
            "embedded: postgres ssm cache cluster · container: pods",
            id="pods",
        ),
        pytest.param({**PROCESSES, "cluster": "kind"}, True, "embedded: postgres ssm cache · kind: cluster"),
        pytest.param({}, False, "", id="unknown"),
    ],
)
def test_tiers_in_words(tiers: dict[str, str], beyond: bool, words: str) -> None:
    assert beyond_processes(tiers) is beyond
    assert by_tier(tiers) == words


def test_the_banner_names_the_tier_of_each_backend_on_80_columns() -> None:
    containers = {**MIXED, "cache": "container"}
    told = banner("rehearsal", containers, rehearsal=True)
    assert told == "REHEARSAL, nothing is real · container: postgres ssm cache · embedded: cluster"
    assert len(told) <= 78
    assert banner("team", {}, rehearsal=False) == "portal · team"
    assert "nothing here is real" in banner("rehearsal", {}, rehearsal=True)


def _report(tiers: dict[str, str]) -> RehearsalReport:
    postgres = Backend("postgres", tiers["postgres"], "PostgreSQL 17.11", "Neon computes")
    return RehearsalReport("r1", tiers, (Phase("world", 8.0, 300.0),), (), backends=(postgres,))


def test_the_report_names_the_tier_of_each_backend() -> None:
    report = _report(MIXED)
    assert report_document(report)["tiers"] == MIXED
    assert "| postgres | container | PostgreSQL 17.11 | Neon computes |" in report_markdown(report)


def test_memory_is_said_to_be_of_all_only_where_no_container_is() -> None:
    assert "memory of processes, without containers" in report_markdown(_report(MIXED))
    assert "memory of all processes" in report_markdown(_report(PROCESSES))

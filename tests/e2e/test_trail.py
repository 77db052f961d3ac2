"""Where nothing can be written down, nothing is asked and nothing done; a trail that was touched says so."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.account import ROOT, portal
from tests.e2e.log import made
from tests.e2e.world import GIVEN, ONE_SECRET, Live, service

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
TENANT = "written/dev"
# No process below the shell may make a file grow, as on a disk that is full.
FULL = ("sh", "-c", 'ulimit -f 0; exec "$@"', "sh")
SECONDS = 60


@pytest.fixture(scope="module", name="applied")
def _applied(live: Live, tmp_path_factory: pytest.TempPathFactory) -> tuple[Live, Path]:
    """A world with one tenant, and its service file."""
    spec = service(tmp_path_factory.mktemp("spec"), "written", ONE_SECRET)
    live.apply(spec)
    return live, spec


def commands(spec: Path) -> dict[str, tuple[str, ...]]:
    """What changes or reads values, each with all it needs."""
    return {
        "apply": ("apply", "-f", str(spec), "-e", "dev", "--yes", "--secrets-stdin"),
        "push": ("secrets", "push", TENANT),
        "rotate": ("rotate", TENANT, "openai_api_key", "--yes", "--secrets-stdin"),
    }


def refused(live: Live, words: tuple[str, ...], before: tuple[str, ...] = ()) -> tuple[int, str, int]:
    """Exit code and talk of a command, and how many calls of the portal reached the world meanwhile."""
    calls = made(live, "portal")
    given = GIVEN if words[0] != "secrets" else "openai_api_key=canary-other-value\n"
    if before:
        result = subprocess.run(
            [*before, *portal("--world", str(live.run_dir), *words)],
            cwd=ROOT,
            env=live.account.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    else:
        result = live.portal(*words, stdin=given, code=None)
    return result.returncode, result.stderr, made(live, "portal") - calls


@contextmanager
def spoilt(path: Path, text: str) -> Iterator[None]:
    """Other content in a file for as long as the block lasts."""
    kept = path.read_text()
    path.write_text(text)
    try:
        yield
        assert path.read_text() == text
    finally:
        path.write_text(kept)


@pytest.mark.parametrize("name", ["apply", "push", "rotate"])
def test_a_full_disk_refuses_before_the_first_call(applied: tuple[Live, Path], name: str) -> None:
    live, spec = applied
    code, said, calls = refused(live, commands(spec)[name], FULL)
    assert (code, calls) == (1, 0), said
    assert "cannot write the audit trail" in said
    assert "name a writable state directory" in said


@pytest.mark.parametrize("how", ["edited", "newer"])
def test_a_trail_that_was_edited_or_is_newer_refuses_before_the_first_call_and_is_kept(
    applied: tuple[Live, Path], how: str
) -> None:
    live, spec = applied
    log = live.run_dir / "portal" / "audit" / "log.jsonl"
    lines = log.read_text().splitlines()
    edited = "\n".join([*lines[:-1], lines[-1].replace('"who":"', '"who":"not-')]) + "\n"
    text, words = {
        "edited": (edited, "was edited"),
        "newer": (log.read_text() + '{"v":2}\n', "newer portal"),
    }[how]
    with spoilt(log, text):
        for command in commands(spec).values():
            code, said, calls = refused(live, command)
            assert (code, calls) == (1, 0), said
            assert words in said
        assert live.portal("audit", code=1).stdout == ""
        assert "audit trail" in live.portal("doctor", code=1).stdout


def test_what_was_done_is_told_in_order_and_as_data(applied: tuple[Live, Path]) -> None:
    live, _ = applied
    told = json.loads(live.portal("audit", TENANT, "-o", "json").stdout)
    assert told["head"]
    assert told["lines"] >= len(told["entries"])
    first = told["entries"][0]
    assert (first["action"], first["outcome"], first["tenant"]) == ("apply", "intent", TENANT)
    assert [entry["number"] for entry in told["entries"]] == sorted(
        entry["number"] for entry in told["entries"]
    )
    assert "the chain is whole" in live.portal("audit").stderr

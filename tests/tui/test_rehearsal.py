"""`portal rehearse` on a terminal, left while onboarding runs beside the interface."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.account import Account
from tests.e2e.tier import Tier
from tests.e2e.waiting import until
from tests.e2e.world import DATABASE, service
from tests.tui.terminal import Terminal, terminal

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@contextmanager
def _rehearsing(directory: Path, tier: Tier) -> Iterator[Terminal]:
    account = Account.make(directory, tier)
    spec = service(directory, "payments", DATABASE)
    arguments = ["-m", "portal", "rehearse", "-f", str(spec), "--run-dir", str(directory / "run"), "--keep"]
    with terminal(arguments, account.environment, (120, 30)) as end:
        end.read_until("REHEARSAL", 60)
        yield end


def _ended(directory: Path) -> bool:
    facts = json.loads((directory / "run" / "world.json").read_text())
    return not any(Path(f"/proc/{facts[name]}").exists() for name in ("pid", "supervisor_pid"))


def _journal(directory: Path) -> list[dict[str, str]]:
    lines = [
        json.loads(line)
        for path in sorted((directory / "run" / "portal" / "journal").rglob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    assert lines
    return lines


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks processes up in /proc")
def test_leaving_meanwhile_finishes_the_step_and_records_it(tmp_path: Path, tier: Tier) -> None:
    with _rehearsing(tmp_path, tier) as end:
        end.read_until("payments/dev  role", 60)
        end.press("q")
        assert end.wait(60) == 130
        assert "The same command goes on from here." in end.text
        until(lambda: _ended(tmp_path), 5, "the world ended")
    kinds = [(line["kind"], line["step"]) for line in _journal(tmp_path)]
    assert ("intent", "role") in kinds
    assert ("done", "role") in kinds
    assert ("finished", "") not in kinds

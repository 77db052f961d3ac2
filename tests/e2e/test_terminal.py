"""The real process on a real terminal: the interface comes up on the live world, and leaves both clean."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.e2e.account import EXAMPLES, FIRST, ROOT, SECOND, Account, portal
from tests.e2e.leaks import leaks, secrets
from tests.e2e.processes import Process, assert_gone, belonging, nothing_left
from tests.e2e.terminal import ALTERNATE, CURSOR, MICE, PASTE, Terminal, on_terminal
from tests.e2e.tier import Tier
from tests.e2e.world import world_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
UP_SECONDS, HEALTHY_SECONDS, KEY_SECONDS, END_SECONDS = 60.0, 150.0, 10.0, 20.0
# A beat of the cluster's pulse, and the wait for the next try.
LOST_SECONDS = 40.0


@dataclass(slots=True)
class Session:
    """What a person saw on the way, what the program left, and what must not have shown."""

    account: Account
    screens: dict[str, str] = field(default_factory=dict)
    modes: dict[str, set[int]] = field(default_factory=dict)
    family: dict[int, Process] = field(default_factory=dict)
    settings: list[Any] = field(default_factory=list)
    settings_before: list[Any] = field(default_factory=list)
    code: int | None = None
    written: bytes = b""
    secrets: dict[str, str] = field(default_factory=dict)

    def note(self, moment: str, terminal: Terminal) -> None:
        self.screens[moment] = terminal.screen.text
        self.modes[moment] = set(terminal.screen.modes)


@pytest.fixture(scope="module", name="session")
def _session(tmp_path_factory: pytest.TempPathFactory, tier: Tier) -> Iterator[Session]:
    account = Account.make(tmp_path_factory.mktemp("terminal"), tier)
    mark = str(account.directory)
    specs = [f"-f={EXAMPLES / name}.yaml" for name in (FIRST, SECOND)]
    command = portal("rehearse", "--speed", "10", *specs)
    with nothing_left(mark), on_terminal(command, account.environment, ROOT) as terminal:
        yield _visit(Session(account), terminal, mark)


def _visit(session: Session, terminal: Terminal, mark: str) -> Session:
    """Watch both tenants become healthy, open the chain of one, lose the cluster for a while, leave."""
    terminal.shows("REHEARSAL", "onboarding is under way", seconds=UP_SECONDS)
    session.note("begin", terminal)
    terminal.shows(f"{FIRST}/dev", f"{SECOND}/dev", "2 healthy", "all steps done", seconds=HEALTHY_SECONDS)
    session.note("fleet", terminal)
    session.secrets = secrets(world_of(session.account))
    session.family = belonging(mark)
    terminal.press("\r")
    terminal.shows("current-secret", "application", seconds=KEY_SECONDS)
    session.note("chain", terminal)
    terminal.press("m")
    terminal.shows("Parameter Store against the cluster", "database_url", seconds=KEY_SECONDS)
    session.note("compared", terminal)
    terminal.press("\x1b")
    terminal.shows("current-secret", seconds=KEY_SECONDS)
    terminal.press("S")
    terminal.shows("What differs from git", "Do it", seconds=KEY_SECONDS)
    terminal.press("\x13")
    terminal.shows("ArgoCD syncs", seconds=KEY_SECONDS)
    terminal.press("\x1b")
    terminal.shows("2 tenants", f"{SECOND}/dev", seconds=KEY_SECONDS)
    _order(terminal, "fault kube:* drop_before")
    terminal.shows("kubernetes stale", "retry", seconds=LOST_SECONDS)
    session.note("lost", terminal)
    _order(terminal, "unfault all")
    terminal.shows("kubernetes live", "2 healthy", seconds=LOST_SECONDS)
    session.note("back", terminal)
    session.settings_before = terminal.before
    terminal.press("q")
    session.code = terminal.process.wait(END_SECONDS)
    session.settings = terminal.settings()
    terminal.drain()
    session.note("end", terminal)
    session.written = terminal.written
    return session


def _order(terminal: Terminal, line: str) -> None:
    """Type a command, as soon as its line is open."""
    terminal.press(":")
    terminal.shows("every tenant", seconds=KEY_SECONDS)
    terminal.press(f"{line}\r")


def test_the_interface_opens_on_the_live_world_and_shows_both_tenants_become_healthy(
    session: Session,
) -> None:
    assert ALTERNATE in session.modes["begin"]
    assert f"{FIRST}/dev" not in session.screens["begin"]
    for name in (FIRST, SECOND):
        (row,) = [line for line in session.screens["fleet"].splitlines() if f" {name}/dev  " in line][:1]
        assert "✔" in row
        assert not set(row) & set("✖…○?")


def test_enter_opens_the_chain_of_a_tenant_hop_by_hop(session: Session) -> None:
    shown = session.screens["chain"]
    for hop in ("spec", "database", "parameters", "external-secrets", "application", "workload"):
        assert hop in shown
    assert shown.count("✔") >= 12


def test_the_secrets_of_a_tenant_are_compared_without_being_told(session: Session) -> None:
    shown = session.screens["compared"]
    assert "✔ same" in shown
    assert "✖" not in shown


def test_a_lost_cluster_keeps_its_rows_with_their_age_and_the_other_sources_live(session: Session) -> None:
    shown = session.screens["lost"]
    for name in (FIRST, SECOND):
        (row,) = [line for line in shown.splitlines() if f" {name}/dev  " in line][:1]
        assert re.search(r"[✔?] \d+s", row)
    assert "git live" in shown
    assert "neon live" in shown
    assert re.search(r"kubernetes stale \d+s retry \d+s", shown)


def test_a_cluster_that_is_back_is_live_again_by_itself(session: Session) -> None:
    shown = session.screens["back"]
    assert "kubernetes live" in shown
    for name in (FIRST, SECOND):
        (row,) = [line for line in shown.splitlines() if f" {name}/dev  " in line][:1]
        assert not re.search(r"\d+s", row)


def test_q_ends_it_with_0_and_gives_the_terminal_back_as_it_was(session: Session) -> None:
    assert session.code == 0
    switched = session.modes["end"]
    assert CURSOR in switched
    assert not switched & {ALTERNATE, PASTE, *MICE}
    assert session.settings == session.settings_before


def test_leaving_leaves_no_process_and_no_file(session: Session) -> None:
    assert len(session.family) >= 10
    assert_gone(session.family.values(), str(session.account.directory))
    assert [path for path in session.account.tmp.rglob("*") if not path.is_dir()] == []


def test_nothing_of_the_home_is_read_or_changed(session: Session) -> None:
    session.account.home.assert_untouched()


def test_no_secret_was_ever_written_to_the_terminal(session: Session) -> None:
    assert f"the password in /zerotouch/dev/{SECOND}/database_url" in session.secrets
    assert len(session.written) > 10_000
    assert leaks(session.secrets, [("terminal", session.written)]) == []

"""However and whenever `portal rehearse` is ended, nothing of its world survives it by more than seconds."""

import fcntl
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.account import EXAMPLES, ROOT, SECOND, Account, portal
from tests.e2e.processes import GONE_SECONDS, Process, assert_gone, belonging, nothing_left
from tests.e2e.terminal import ALTERNATE, CURSOR, Terminal, on_terminal
from tests.e2e.tier import Tier
from tests.e2e.waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
UP_SECONDS, END_SECONDS, ENGINE_SECONDS = 60.0, 30.0, 30.0
INTERRUPTED = 130
# What it says when it is in the middle of that.
STARTING, ONBOARDING = "tenants repository: made", f"{SECOND}/dev  database"
SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT]
SAMPLE = {
    "starting": {signal.SIGKILL},
    "onboarding": {signal.SIGKILL, signal.SIGINT},
    "open": {signal.SIGTERM},
}
"""Signals by moment: its death at every moment, for what is told to end has one way out of all of them."""
CASES = {
    moment: [
        pytest.param(
            *said,
            number,
            id=f"{moment}-{number.name}",
            marks=() if number in SAMPLE[moment] else pytest.mark.long,
        )
        for number in SIGNALS
    ]
    for moment, said in (("starting", [STARTING]), ("onboarding", [ONBOARDING]), ("open", []))
}


@dataclass(frozen=True, slots=True)
class Owned:
    """What belonged to a rehearsal just before its end: processes, and what it had made outside of TMPDIR."""

    account: Account
    family: tuple[Process, ...]
    outside: tuple[Path, ...]

    @classmethod
    def of(cls, account: Account) -> "Owned":
        records = list(account.directory.rglob("cleanup.txt"))
        outside = tuple(Path(line) for record in records for line in record.read_text().splitlines())
        return cls(account, tuple(belonging(str(account.directory)).values()), outside)

    def assert_ended(self) -> None:
        """No process, no file, in the seconds promised, and the person's home as it was."""
        assert len(self.family) >= 3
        assert_gone(self.family, str(self.account.directory), GONE_SECONDS)
        until(lambda: not self._in_the_engine(), ENGINE_SECONDS, lambda: str(self._in_the_engine()))
        assert [path for path in self.outside if path.exists()] == []
        assert [path for path in self.account.tmp.rglob("*") if not path.is_dir() or path.is_symlink()] == []
        self.account.home.assert_untouched()

    def _in_the_engine(self) -> list[str]:
        return self.account.tier.left_of(self.account.directory)


@pytest.fixture(name="account")
def _account(tmp_path: Path, tier: Tier) -> Iterator[Account]:
    with nothing_left(str(tmp_path)):
        yield Account.make(tmp_path, tier)


@contextmanager
def _headless(account: Account, moment: str) -> Iterator["subprocess.Popen[str]"]:
    """A rehearsal without a terminal that has come to the moment."""
    command = portal("rehearse", f"-f={EXAMPLES / SECOND}.yaml", "--speed", "10")
    talk = account.directory / "talk"
    with (
        talk.open("w") as output,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=account.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
        ) as process,
    ):
        until(lambda: moment in talk.read_text() or process.poll() is not None, UP_SECONDS, moment)
        yield process


@contextmanager
def _idle(account: Account, *arguments: str) -> Iterator[Terminal]:
    """A rehearsal of nothing, on a terminal, whose world is up."""
    with on_terminal(portal("rehearse", *arguments), account.environment, ROOT) as terminal:
        terminal.shows("REHEARSAL", "all steps done", seconds=UP_SECONDS)
        yield terminal


@pytest.mark.parametrize(("moment", "number"), [*CASES["starting"], *CASES["onboarding"]])
def test_while_it_works(account: Account, moment: str, number: signal.Signals) -> None:
    with _headless(account, moment) as process:
        owned = Owned.of(account)
        process.send_signal(number)
        assert process.wait(END_SECONDS) == (-number if number == signal.SIGKILL else INTERRUPTED)
        owned.assert_ended()


@pytest.mark.parametrize("number", CASES["open"])
def test_while_the_interface_is_open(account: Account, number: signal.Signals) -> None:
    with _idle(account) as terminal:
        owned = Owned.of(account)
        terminal.process.send_signal(number)
        code = terminal.process.wait(END_SECONDS)
        owned.assert_ended()
        if number != signal.SIGKILL:
            assert code == INTERRUPTED
            assert terminal.settings() == terminal.before
            terminal.drain()
            assert CURSOR in terminal.screen.modes
            assert ALTERNATE not in terminal.screen.modes


def test_when_the_window_of_its_terminal_is_closed_while_it_works(account: Account) -> None:
    command = portal("rehearse", f"-f={EXAMPLES / SECOND}.yaml", "--speed", "10")
    with on_terminal(command, account.environment, ROOT) as terminal:
        terminal.shows("REHEARSAL", f"{SECOND}/dev  role", seconds=UP_SECONDS)
        owned = Owned.of(account)
        terminal.hang_up()
        terminal.process.wait(END_SECONDS)
        owned.assert_ended()


def test_a_kept_run_directory_is_free_again_after_its_owner_was_killed(account: Account) -> None:
    kept = account.directory / "kept"
    with _idle(account, "--keep", "--run-dir", str(kept)) as terminal:
        family = belonging(str(account.directory)).values()
        assert not _free(kept)
        terminal.process.kill()
        assert_gone(family, str(account.directory))
        assert _free(kept)
    account.home.assert_untouched()


def _free(run_dir: Path) -> bool:
    """Whether nobody holds the run's lock."""
    descriptor = os.open(run_dir / "run.lock", os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True

"""The interface as a process on a pseudo-terminal: exit codes, the screen restored, nothing private left."""

import os
import signal
from pathlib import Path

import pytest

from tests.tui.stage import CANARY
from tests.tui.terminal import ENTER_SCREEN, LEAVE_SCREEN, ROOT, SHOW_CURSOR, Terminal, terminal

ENV = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
SETTINGS = """default_profile = "team"
[profiles.team.kube]
context = "none"
[profiles.team.aws]
region = "ap-south-1"
[profiles.team.repository]
url = "file:///nowhere/tenants.git"
[profiles.team.environments.dev]
neon_project = "shiny-wind-028834"
"""


def _restored(end: Terminal) -> None:
    assert end.written.count(ENTER_SCREEN) == 1
    tail = end.written[end.written.rindex(LEAVE_SCREEN) :]
    assert SHOW_CURSOR in tail


@pytest.mark.parametrize(
    ("part", "shown", "code"),
    [
        pytest.param("finishes", "all steps done", 0, id="leaving after the work is done"),
        pytest.param("fails", "somebody else", 1, id="leaving after the work failed"),
        pytest.param("breaks", "ValueError", 1, id="leaving after the work broke"),
        pytest.param("none", "2 tenants", 0, id="leaving with no work"),
        pytest.param("lasts", "payments/dev  role", 130, id="leaving while it works"),
    ],
)
def test_the_exit_code_tells_how_the_work_ended(part: str, shown: str, code: int) -> None:
    with terminal(["-m", "tests.tui.stage", part], ENV) as end:
        end.read_until("1 broken, 1 healthy")
        end.read_until(shown)
        end.press("q")
        assert end.wait() == code
        _restored(end)
        assert CANARY not in end.text
        assert "Traceback" not in end.text


def test_keys_that_come_in_one_burst_are_all_typed() -> None:
    with terminal(["-m", "tests.tui.stage", "none"], ENV) as end:
        end.read_until("2 tenants")
        end.press(":tenant payments/dev\r")
        end.read_until("earliest broken hop")
        end.press("q")
        assert end.wait() == 0


def test_a_crash_restores_the_screen_and_prints_no_value() -> None:
    with terminal(["-m", "tests.tui.stage", "crash"], ENV) as end:
        assert end.wait() == 1
        _restored(end)
        assert "portal ended by a fault of the portal itself: AttributeError" in end.text
        assert CANARY not in end.text
        assert "Traceback" not in end.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_ends_it_with_the_screen_restored(number: signal.Signals, tmp_path: Path) -> None:
    config = tmp_path / "portal.toml"
    config.write_text(SETTINGS)
    env = {**ENV, "HOME": str(tmp_path)}
    with terminal(["-m", "portal", "--config", str(config), "ui"], env) as end:
        end.read_until("cannot be read")
        end.process.send_signal(number)
        assert end.wait() == 130
        _restored(end)


@pytest.mark.parametrize("keys", ["q", "\x03"], ids=["q", "^C"])
def test_the_interface_opens_and_closes_with_nothing_to_talk_to(keys: str, tmp_path: Path) -> None:
    config = tmp_path / "portal.toml"
    config.write_text(SETTINGS)
    env = {**ENV, "HOME": str(tmp_path)}
    with terminal(["-m", "portal", "--config", str(config), "--no-color", "ui"], env) as end:
        end.read_until("Reading the tenants repository")
        end.read_until("The tenants repository cannot be read")
        end.press(keys)
        assert end.wait() == 0
        _restored(end)
        assert b"\x1b[38;2;" not in end.written
        assert b"\x1b[48;" not in end.written


def test_a_terminal_that_is_resized_is_drawn_anew() -> None:
    with terminal(["-m", "tests.tui.stage", "none"], ENV) as end:
        end.read_until("1 broken, 1 healthy")
        end.written = b""
        end.resize(160, 45)
        end.read_until("Cause")
        end.press("q")
        assert end.wait() == 0

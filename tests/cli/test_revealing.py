"""A value on a real terminal: on a screen of its own, gone with Enter, with the time and with a signal."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.cli.shell import portal
from tests.e2e.terminal import ALTERNATE, on_terminal

ROOT = Path(__file__).parents[2]
VALUE, HEAD = "canary-shown-5b7e", "/zerotouch/dev/billing/key version 3"
PROGRAM = """
import argparse, pathlib, sys, types
from portal.cli import revealing
from portal.cli.diagnostics import ExitCode
from portal.cli.running import execute
from portal.core.secrets import Secret
from portal.engine.tenant_secrets import Revealed

async def run(call):
    value = Secret("%s\\x1b[31m\\nsecond line")
    await revealing.show(call, Revealed("/zerotouch/dev/billing/key", 3, value), float(sys.argv[1]))
    call.talk.note("hidden again")
    return ExitCode.DONE

command = types.ModuleType("command")
command.run = run
sys.exit(execute(command, argparse.Namespace(output="table")))
"""


@pytest.mark.parametrize(
    ("seconds", "ended_by", "code"),
    [("600", "enter", 0), ("0.5", "time", 0), ("600", "SIGTERM", 130), ("600", "SIGINT", 130)],
)
def test_a_value_is_gone_from_the_terminal_however_it_ends(
    tmp_path: Path, seconds: str, ended_by: str, code: int
) -> None:
    command = [sys.executable, "-c", PROGRAM % VALUE, seconds]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    with on_terminal(command, environment, tmp_path) as terminal:
        if ended_by != "time":
            terminal.shows(HEAD, VALUE, "second line", seconds=60)
            assert ALTERNATE in terminal.screen.modes
        if ended_by == "enter":
            terminal.press("\r")
        elif ended_by != "time":
            terminal.process.send_signal(getattr(signal, ended_by))
        assert terminal.process.wait(60) == code
        terminal.drain()
        assert ALTERNATE not in terminal.screen.modes
        assert VALUE not in terminal.screen.text
        assert VALUE.encode() in terminal.written
        assert b"\x1b[31m" not in terminal.written


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("reveal", "billing/dev", "key", "--reason", "x"), 1, "on a terminal only"),
        (("reveal", "billing/dev", "key", "--reason", "x", "-o", "json"), 2, "not as data"),
        (("reveal", "billing/dev", "key", "--reason", "x", "--read-only"), 1, "read-only"),
        (("push", "billing/dev", "--read-only"), 1, "read-only"),
        (("push", "billing/dev", "KEY=canary"), 2, "given as an argument"),
        (("push", "billing/dev", "PROD_KEY"), 2, "no variable of dev"),
        (("push", "billing/prod"), 2, "Say --confirm billing/prod"),
        (("push", "billing/prod", "--confirm", "billing/dev"), 2, "Say --confirm billing/prod"),
        (("push", "billing/prod", "--confirm", "billing/prod"), 2, "no values on standard input"),
        (("list", "billing"), 2, "SERVICE/ENVIRONMENT"),
        (("list", "billing/moon"), 2, "is no environment"),
        (("list", "billing/dev"), 2, "says nothing of environment 'dev'"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_an_exit_code(
    tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    refused = portal("secrets", *words, cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (code, "")
    assert said in refused.stderr
    assert "canary" not in refused.stderr

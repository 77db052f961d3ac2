"""stdout carries data: tables that fit, JSON and YAML that parse; stderr carries talk and the exit code."""

import errno
import io
import json
import os
import tempfile

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from portal.cli.diagnostics import Diagnostics, ExitCode, exit_code, health_code
from portal.cli.output import Format, Output
from portal.core.chain import HopState, Verdict
from portal.core.events import Progress, Stage
from portal.core.facets import TenantKey
from portal.errors import Fault, InterruptedRun, PortalError, SpecError, Unreachable, UsageError


def _verdict(state: HopState) -> Verdict:
    return Verdict(TenantKey("a", "dev"), state, None, "", "", ())


def test_a_table_fits_the_width_and_marks_what_it_cut() -> None:
    stream = io.StringIO()
    Output(stream=stream, width=40).table(["TENANT", "CAUSE"], [["identity-service/dev", "x" * 60]])
    header, row = stream.getvalue().splitlines()
    assert header == "TENANT                CAUSE"
    assert len(row) <= 40
    assert row.endswith("x…")


def test_where_the_last_column_is_not_enough_the_widest_gives_way_in_its_middle() -> None:
    stream = io.StringIO()
    row = ["✔", "jwt_key_id", "platform-identity/identity-service-jwt:JWT_KEY_ID", "same", ""]
    Output(stream=stream, width=48).table(["", "KEY", "SECRET", "VALUE", "DETAIL"], [row])
    header, line = stream.getvalue().splitlines()
    assert len(header) <= 48
    assert line.split() == ["✔", "jwt_key_id", "platfo…:JWT_KEY_ID", "same"]


@given(st.lists(st.text("ab c", max_size=60), min_size=3, max_size=3), st.integers(40, 200))
def test_no_line_of_a_table_is_wider_than_the_terminal(cells: list[str], width: int) -> None:
    stream = io.StringIO()
    Output(stream=stream, width=width).table(["A", "B", "C"], [cells])
    assert max(map(len, stream.getvalue().splitlines())) <= width


def test_control_characters_in_a_cell_reach_no_terminal() -> None:
    stream = io.StringIO()
    Output(stream=stream).table(["A"], [["\x1b[2Jgone"]])
    assert "\x1b" not in stream.getvalue()


def test_documents_parse_again_in_both_forms() -> None:
    data = {"tenants": [{"service": "ü", "age": 1.5, "none": None}]}
    as_json, as_yaml = io.StringIO(), io.StringIO()
    Output(Format.JSON, as_json).document(data)
    Output(Format.YAML, as_yaml).document(data)
    assert json.loads(as_json.getvalue()) == data
    assert yaml.safe_load(as_yaml.getvalue()) == data


def test_a_stream_of_events_is_one_json_line_each() -> None:
    stream = io.StringIO()
    out = Output(Format.JSON, stream)
    out.event({"n": 1})
    out.event({"n": 2})
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize(
    ("states", "code"),
    [
        pytest.param([HopState.HEALTHY], ExitCode.DONE, id="healthy"),
        pytest.param([], ExitCode.DONE, id="none"),
        pytest.param([HopState.HEALTHY, HopState.UNKNOWN], ExitCode.UNKNOWN, id="unknown"),
        pytest.param([HopState.PROGRESSING], ExitCode.NOT_HEALTHY, id="progressing"),
        pytest.param([HopState.UNKNOWN, HopState.BROKEN], ExitCode.NOT_HEALTHY, id="broken-wins"),
    ],
)
def test_health_becomes_an_exit_code(states: list[HopState], code: ExitCode) -> None:
    assert health_code(tuple(_verdict(state) for state in states)) is code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(UsageError("x"), ExitCode.USAGE, id="usage"),
        pytest.param(SpecError((Fault("f", 1, 2, "m"),)), ExitCode.USAGE, id="spec"),
        pytest.param(Unreachable("x", system="neon", operation="o"), ExitCode.FAILED, id="remote"),
        pytest.param(InterruptedRun("x"), ExitCode.INTERRUPTED, id="interrupted"),
        pytest.param(PortalError("x"), ExitCode.FAILED, id="other"),
    ],
)
def test_errors_become_exit_codes(error: PortalError, code: ExitCode) -> None:
    assert exit_code(error) is code


def test_an_error_says_where_and_what_to_do_next() -> None:
    stream = io.StringIO()
    error = Unreachable("timed out", system="neon", operation="listProjects", hint="Check the network")
    Diagnostics(stream).error(error)
    assert stream.getvalue() == "error: neon listProjects: timed out. Check the network\n"


def test_progress_is_one_line_a_step_and_starts_are_silent() -> None:
    stream = io.StringIO()
    talk = Diagnostics(stream)
    talk.progress(Progress("identity-service/dev", "role", Stage.STARTED))
    talk.progress(Progress("identity-service/dev", "role", Stage.DONE, "created", 0.41))
    assert stream.getvalue() == "✔ identity-service/dev  role: created (0.4 s)\n"


def test_a_reader_that_went_away_is_no_error_and_is_remembered() -> None:
    with _Broken(errno.EPIPE) as stream:
        out = Output(stream=stream)
        out.lines(["one"])
        assert out.gone
        out.lines(["two"])


def test_a_full_disk_is_one_clear_error() -> None:
    with _Broken(errno.ENOSPC) as stream, pytest.raises(PortalError, match="No space left"):
        Output(stream=stream).lines(["one"])


def test_nothing_is_cut_where_no_terminal_limits_the_width() -> None:
    stream = io.StringIO()
    Output(stream=stream).table(["A"], [["x" * 500]])
    assert "x" * 500 in stream.getvalue()


def test_a_listener_that_went_away_stops_no_work() -> None:
    with _Broken(errno.EIO) as stream:
        talk = Diagnostics(stream)
        talk.note("one")
        talk.progress(Progress("a/dev", "role", Stage.DONE))


class _Broken(io.TextIOWrapper):
    """A stream whose every write fails; it has a descriptor, as a real one has."""

    def __init__(self, number: int) -> None:
        super().__init__(tempfile.TemporaryFile())  # noqa: SIM115 - the wrapper owns and closes it
        self._number = number

    def write(self, text: str) -> int:
        raise OSError(self._number, os.strerror(self._number), text[:0])

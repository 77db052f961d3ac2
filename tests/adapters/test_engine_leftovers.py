"""What is left in container engines, as the simulator answers; a program of the test stands in for it."""

from pathlib import Path

import pytest

from portal.adapters.engine_leftovers import EngineItem, EngineLeftovers, in_engines
from portal.bootstrap import left_of, leftovers
from portal.engine.finding import Outcome

ANSWER = """
import json, sys
assert sys.argv[1:] == ["leftovers", "--json"]
item = {"kind": "volume", "name": "v1", "run": "r1", "engine": "unix:///x.sock"}
print(json.dumps({"leftovers": [item, {**item, "run": "r2"}], "troubles": ["Nobody answers at unix:///y.sock."]}))
sys.exit(3)
"""
NOTHING = 'print(\'{"leftovers": [], "troubles": []}\')\n'
BROKEN = "raise SystemExit('Traceback\\nno module named x')\n"
# The third look finds the directory of the run gone.
SWEEPING = """
import pathlib
looks = pathlib.Path("looks")
looks.write_text(looks.read_text() + "x" if looks.exists() else "x")
if len(looks.read_text()) == 3:
    pathlib.Path("run/run.json").unlink()
"""
FACTS = {"run_id": "r1", "pid": 2**22 - 1, "tiers": {"ssm": "container"}}
TROUBLE = "Nobody answers at unix:///y.sock"


@pytest.fixture(name="answer")
def _answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program's file; it is found first because it lies in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    package = tmp_path / "simulator"
    package.mkdir()
    (package / "__init__.py").touch()
    return package / "__main__.py"


async def test_items_and_troubles_are_told_apart(answer: Path) -> None:
    answer.write_text(ANSWER)
    items = (EngineItem("volume", "v1", "r1"), EngineItem("volume", "v1", "r2"))
    assert await in_engines({}) == EngineLeftovers(items, (TROUBLE,))


@pytest.mark.parametrize(
    ("program", "trouble"),
    [
        pytest.param(BROKEN, "cannot tell what is left: no module named x", id="fails"),
        pytest.param("", "cannot tell what is left: it said nothing", id="says-nothing"),
        pytest.param("print('[]')", "cannot tell what is left", id="says-something-else"),
    ],
)
async def test_no_answer_is_unknown_with_its_reason(answer: Path, program: str, trouble: str) -> None:
    answer.write_text(program)
    seen = await in_engines({})
    assert seen.items == ()
    assert len(seen.troubles) == 1
    assert trouble in seen.troubles[0]


async def test_a_simulator_that_hangs_is_given_up_and_ended(answer: Path) -> None:
    answer.write_text("import selectors\nselectors.DefaultSelector().select()\n")
    trouble = "the simulator did not tell what is left within 1 s"
    assert await in_engines({}, seconds=1.0) == EngineLeftovers((), (trouble,))


async def test_doctor_finds_what_is_left_bad_and_what_nobody_sees_unknown(answer: Path) -> None:
    answer.write_text(ANSWER)
    first, _, last = await leftovers({})
    assert (first.subject, first.outcome) == ("volume v1", Outcome.BAD)
    assert first.hint == "Remove it: python -m simulator leftovers --remove"
    assert (last.subject, last.outcome, last.detail) == ("containers", Outcome.UNKNOWN, TROUBLE)


async def test_doctor_says_that_nothing_is_left(answer: Path) -> None:
    answer.write_text(NOTHING)
    (only,) = await leftovers({})
    assert (only.outcome, only.detail) == (Outcome.GOOD, "nothing is left")


async def test_a_rehearsal_counts_what_its_own_run_left(answer: Path, tmp_path: Path) -> None:
    answer.write_text(ANSWER)
    left = await left_of({**FACTS, "run_dir": str(tmp_path / "gone")}, {}, kept=False, seconds=0)
    assert left == ("volume v1", f"unknown in its engine: {TROUBLE}")


async def test_what_is_being_swept_up_has_time_to_go(answer: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").touch()
    answer.write_text(SWEEPING + NOTHING)
    assert await left_of({**FACTS, "run_dir": str(tmp_path / "run")}, {}, kept=False) == ()
    assert (tmp_path / "looks").read_text() == "xxx"


async def test_a_rehearsal_of_processes_asks_no_engine(answer: Path, tmp_path: Path) -> None:
    answer.write_text("import pathlib; pathlib.Path('asked').touch()\n")
    facts = {**FACTS, "run_dir": str(tmp_path / "gone"), "tiers": {"ssm": "embedded"}}
    assert await left_of(facts, {}, kept=False) == ()
    assert not (tmp_path / "asked").exists()

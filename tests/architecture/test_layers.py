"""The directions of imports, and what must not be loaded to print help."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {"textual", "boto3", "botocore", "kubernetes", "aiohttp", "httpx", "cryptography", "simulator"}


def test_import_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([str(linter)], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def _loaded(*arguments: str) -> set[str]:
    program = (
        "import sys, json, io, contextlib\n"
        "from portal.cli.main import run\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    run({list(arguments)!r})\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return set(json.loads(result.stdout))


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("--help",), id="help"),
        pytest.param(("--version",), id="version"),
        pytest.param(("status", "--help"), id="status-help"),
        pytest.param(("rehearse", "--help"), id="rehearse-help"),
    ],
)
def test_the_command_line_starts_without_any_sdk(arguments: tuple[str, ...]) -> None:
    assert not _loaded(*arguments) & HEAVY

"""The command line as a shell sees it: help, usage errors, exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest


def portal(*arguments: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-m", "portal", *arguments],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "HOME": str(cwd), "PYTHONPATH": str(root)},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_a_terminal_help_is_printed(tmp_path: Path) -> None:
    result = portal(cwd=tmp_path)
    assert result.returncode == 0
    assert "rehearse" in result.stdout
    assert "examples:" in result.stdout


@pytest.mark.parametrize("command", ["status", "trace", "init", "plan", "apply", "doctor", "rehearse", "ui"])
def test_every_command_explains_itself_with_examples(tmp_path: Path, command: str) -> None:
    result = portal(command, "--help", cwd=tmp_path)
    assert result.returncode == 0
    assert "examples:" in result.stdout
    assert max(len(line) for line in result.stdout.splitlines()) <= 120


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(("nonsense",), "invalid choice", id="unknown-command"),
        pytest.param(("trace", "identity-service"), "SERVICE/ENVIRONMENT", id="not-a-tenant"),
        pytest.param(("trace", "identity-service/qa"), "is no environment", id="no-environment"),
        pytest.param(("plan",), "no service file", id="plan-without-file"),
        pytest.param(("apply",), "either a saved PLAN or -f", id="apply-without-anything"),
        pytest.param(("status", "--set", "neon"), "KEY=VALUE", id="bad-set"),
        pytest.param(("status", "--set", "neon.urll=x"), "did you mean neon.url", id="unknown-setting"),
        pytest.param(("status", "--profile", "other"), "does not exist", id="no-profile-file"),
    ],
)
def test_a_wrong_call_is_one_clear_error_with_code_2(
    tmp_path: Path, arguments: tuple[str, ...], expected: str
) -> None:
    result = portal(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert expected in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_read_only_refuses_to_apply(tmp_path: Path) -> None:
    result = portal("apply", "-f", "service.yaml", "--read-only", cwd=tmp_path)
    assert result.returncode == 1
    assert "read-only" in result.stderr


def test_an_invalid_service_file_lists_every_fault_and_contacts_nothing(tmp_path: Path) -> None:
    (tmp_path / "service.yaml").write_text(
        "apiVersion: portal.zerotouch.dev/v1\nkind: Service\n"
        "metadata: {name: Identity_Service, team: platform}\n"
        "spec:\n  namespace: platform-identity\n  image: ghcr.io/bizmatters/identity-service:1\n"
        "  port: 99999\n  colour: blue\n"
        "  secrets: {openai_api_key: value}\n"
    )
    result = portal("plan", "-f", "service.yaml", cwd=tmp_path)
    assert result.returncode == 2
    assert [f"service.yaml:{line}:" in result.stderr for line in (3, 7, 8, 9)] == [True] * 4
    assert "allowed" in result.stderr

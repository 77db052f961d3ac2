"""The command line as a shell sees it: help, usage errors, exit codes."""

from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.shell import portal


def test_without_a_terminal_help_is_printed(tmp_path: Path) -> None:
    result = portal(cwd=tmp_path)
    assert result.returncode == 0
    assert "rehearse" in result.stdout
    assert "examples:" in result.stdout


@pytest.mark.parametrize(
    "command", ["status", "trace", "spec", "init", "plan", "apply", "journal", "doctor", "rehearse", "ui"]
)
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
        pytest.param(("status", "--config", "no.toml"), "there is no settings file", id="no-settings-file"),
        pytest.param(("status",), "no tenants repository is configured", id="no-repository"),
        pytest.param(("status", "--world", "no"), "not the run directory of a rehearsal", id="no-world"),
        pytest.param(("status", "--world", "no", "--profile", "x"), "Leave --config", id="world-and-profile"),
        pytest.param(("status", "-e", "qa"), "is no environment", id="status-of-no-environment"),
        pytest.param(("rehearse", "--world", "no"), "a world of its own", id="rehearse-in-a-world"),
        pytest.param(("rehearse", "--tier", "docker"), "invalid choice", id="no-tier"),
        pytest.param(("rehearse", "--image", "postgres"), "expected NAME=REF", id="image-without-name"),
        pytest.param(
            ("rehearse", "--cluster", "external"), "--kubeconfig FILE belong", id="external-unnamed"
        ),
        pytest.param(("rehearse", "--kubeconfig", "f"), "--cluster external and", id="kubeconfig-unused"),
        pytest.param(("rehearse", "--set", "aws.region=x"), "settings of its own", id="set-of-the-portal"),
        pytest.param(("rehearse", "--profile", "x"), "does not exist", id="rehearse-no-profile"),
        pytest.param(("rehearse", "--speed", "nan"), "not between", id="speed-nan"),
        pytest.param(("rehearse", "--speed", "fast"), "invalid", id="speed-word"),
        pytest.param(("rehearse", "--report", "/dev/null/x"), "cannot be made", id="report-nowhere"),
        pytest.param(("rehearse", "-e", "qa"), "is no environment", id="rehearse-no-environment"),
        pytest.param(("apply", "no.plan"), "cannot be read", id="no-plan"),
        pytest.param(("init",), "no Neon API key on stdin", id="no-key"),
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


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    result = portal("--version", cwd=tmp_path)
    assert result.stdout == f"portal {version('zerotouch-portal')}\n"


def test_a_rehearsal_is_refused_in_read_only_mode_before_anything_starts(tmp_path: Path) -> None:
    result = portal("rehearse", "--read-only", "--run-dir", "world", cwd=tmp_path)
    assert result.returncode == 1
    assert "read-only" in result.stderr
    assert not (tmp_path / "world").exists()


def test_init_is_refused_in_read_only_mode_before_a_key_is_read(tmp_path: Path) -> None:
    result = portal("init", "--read-only", cwd=tmp_path, stdin="")
    assert result.returncode == 1
    assert "read-only" in result.stderr


def test_doctor_works_without_any_settings_and_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text("{}")
    result = portal("doctor", "--set", f"kube.kubeconfig={tmp_path / 'none'}", cwd=tmp_path)
    assert result.returncode == 1
    assert "no tenants repository is configured" in result.stdout
    assert "there is no kubeconfig at" in result.stdout
    assert "Traceback" not in result.stderr


def test_every_fault_of_every_file_is_listed_at_once(tmp_path: Path) -> None:
    good = (
        "apiVersion: portal.zerotouch.dev/v1\nkind: Service\nmetadata: {name: a-service, team: platform}\n"
        "spec: {namespace: a-ns, image: 'ghcr.io/x/a:1', port: 3000}\n"
    )
    (tmp_path / "one.yaml").write_text(good)
    (tmp_path / "two.yaml").write_text(good.replace("3000", "'postgresql://u:hunter22@db.example.com/x'"))
    (tmp_path / "three.yaml").write_text("a: [\n")
    files = [part for name in ("one", "two", "three", "absent") for part in ("-f", f"{name}.yaml")]
    result = portal("plan", *files, cwd=tmp_path)
    assert result.returncode == 2
    for expected in (
        "two.yaml:3:18: service 'a-service' is described already",
        "two.yaml:4:",
        "a URL with a password",
        "three.yaml:2:1: not YAML",
        "absent.yaml:1:1: cannot be read: No such file or directory",
    ):
        assert expected in result.stderr
    assert "hunter22" not in result.stderr

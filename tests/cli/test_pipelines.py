"""The example pipeline says only what the portal understands, and keeps no key."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from portal.cli.main import parse
from tests.cli.test_main import portal

PIPELINE = Path(__file__).parents[2] / "manifests" / "examples" / "ci" / "github-actions.yaml"
SPEC = (
    "apiVersion: portal.zerotouch.dev/v1\nkind: Service\nmetadata: {name: shop, team: web}\n"
    "spec: {namespace: shop, image: 'ghcr.io/acme/shop:1', port: 80}\n"
)


def _steps() -> list[dict[str, Any]]:
    jobs = yaml.safe_load(PIPELINE.read_text())["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


def _commands() -> list[str]:
    runs = "\n".join(str(step.get("run", "")) for step in _steps())
    return sorted(set(re.findall(r"^portal [^|\n]+", runs, re.MULTILINE)))


def test_it_plans_applies_and_tells_what_is_unfinished() -> None:
    assert {shlex.split(command)[1] for command in _commands()} == {"plan", "apply", "journal"}


@pytest.mark.parametrize("command", _commands())
def test_every_command_is_one_the_portal_understands(command: str) -> None:
    assert parse(shlex.split(command)[1:]).command == shlex.split(command)[1]


def test_aws_is_entered_without_a_stored_key() -> None:
    workflow = yaml.safe_load(PIPELINE.read_text())
    assert workflow["permissions"] == {"contents": "read", "id-token": "write"}
    (entry,) = {str(s["with"]) for s in _steps() if "configure-aws-credentials" in str(s.get("uses"))}
    assert "role-to-assume" in entry
    assert not re.search(r"AWS_SECRET|access-key", PIPELINE.read_text())


def test_secrets_reach_the_portal_by_the_environment_only() -> None:
    for step in _steps():
        assert "secrets." not in str(step.get("run", ""))


def test_without_input_nothing_is_asked_and_the_call_says_so(tmp_path: Path) -> None:
    (tmp_path / "service.yaml").write_text(SPEC)
    refused = portal("apply", "-f", "service.yaml", "--no-input", cwd=tmp_path)
    assert refused.returncode == 2
    assert "no tenants repository is configured" in refused.stderr

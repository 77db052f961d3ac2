"""The example pipeline says only what the portal understands, and keeps no key."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from portal.cli.main import parse
from portal.core.pushing import key_of_variable
from tests.cli.shell import portal

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
    return sorted(set(re.findall(r"^portal [^|>\n]+", runs, re.MULTILINE)))


def test_it_plans_applies_pushes_and_tells_what_is_unfinished_and_was_done() -> None:
    used = {shlex.split(command)[1] for command in _commands()}
    assert used == {"plan", "apply", "secrets", "journal", "audit"}


@pytest.mark.parametrize("command", _commands())
def test_every_command_is_one_the_portal_understands(command: str) -> None:
    assert parse(shlex.split(command)[1:]).command == shlex.split(command)[1]


def test_aws_is_entered_without_a_stored_key() -> None:
    workflow = yaml.safe_load(PIPELINE.read_text())
    assert workflow["permissions"] == {"contents": "read", "id-token": "write"}
    (entry,) = {str(s["with"]) for s in _steps() if "configure-aws-credentials" in str(s.get("uses"))}
    assert "role-to-assume" in entry
    assert not re.search(r"AWS_SECRET|access-key", PIPELINE.read_text())


def test_the_role_trusts_one_repository_in_the_environment_the_pipeline_applies_to() -> None:
    (statement,) = json.loads((PIPELINE.parent / "trust-policy.json").read_text())["Statement"]
    condition = statement["Condition"]["StringEquals"]
    assert condition["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    subjects = condition["token.actions.githubusercontent.com:sub"]
    assert all(subject.startswith("repo:${repository}:") and "*" not in subject for subject in subjects)
    assert "repo:${repository}:environment:${environment}" in subjects
    assert yaml.safe_load(PIPELINE.read_text())["jobs"]["apply"]["environment"] == "dev"


def test_secrets_reach_the_portal_by_the_environment_only() -> None:
    for step in _steps():
        assert "secrets." not in str(step.get("run", ""))
    pushed = [step for step in _steps() if "secrets push" in str(step.get("run"))]
    assert pushed
    for step in pushed:
        named = re.findall(r"\bDEV_\w+", step["run"])
        assert set(named) == set(step["env"])
        assert all(key_of_variable(name, "dev") for name in named)


def test_without_input_nothing_is_asked_and_the_call_says_so(tmp_path: Path) -> None:
    (tmp_path / "service.yaml").write_text(SPEC)
    refused = portal("apply", "-f", "service.yaml", "--no-input", cwd=tmp_path)
    assert refused.returncode == 2
    assert "no tenants repository is configured" in refused.stderr

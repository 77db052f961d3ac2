"""`portal spec` as a shell sees it."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.shell import portal

GIVEN = ("--name", "shop", "--team", "web", "--image", "ghcr.io/acme/shop:1.0.0", "--no-input")


def test_a_file_is_written_and_passes_its_own_check(tmp_path: Path) -> None:
    written = portal("spec", "init", *GIVEN, "--cache", "shop-cache", cwd=tmp_path)
    assert written.returncode == 0, written.stderr
    assert "next: portal plan -f service.yaml -e dev" in written.stderr
    checked = portal("spec", "check", "-o", "json", cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr
    (told,) = json.loads(checked.stdout)
    assert told["spec"]["cache"] == {"name": "shop-cache", "size": "small", "storageGB": 10}


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "service.yaml").write_text("mine")
    refused = portal("spec", "init", *GIVEN, cwd=tmp_path)
    assert refused.returncode == 2
    assert "is there already" in refused.stderr
    assert (tmp_path / "service.yaml").read_text() == "mine"


def test_everything_that_is_missing_or_wrong_is_told_at_once(tmp_path: Path) -> None:
    refused = portal("spec", "init", "--name", "shop", "--port", "x", "--no-input", cwd=tmp_path)
    assert refused.returncode == 2
    for part in ("--team: is needed", "--image: is needed", "--port: a whole number from 1 to 65535"):
        assert part in refused.stderr
    assert not (tmp_path / "service.yaml").exists()


def test_faults_are_told_with_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(
        "apiVersion: x\nkind: Service\nmetadata: {name: A, team: t}\nspec: 1\n"
    )
    refused = portal("spec", "check", "-f", "bad.yaml", cwd=tmp_path)
    assert refused.returncode == 2
    assert "bad.yaml:1:13" in refused.stderr
    assert "bad.yaml:3:18" in refused.stderr


def test_the_schema_is_printed(tmp_path: Path) -> None:
    printed = portal("spec", "schema", cwd=tmp_path)
    assert json.loads(printed.stdout)["title"] == "Service"


@pytest.mark.timeout(60)
def test_on_a_terminal_each_question_is_asked_until_its_answer_is_good(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "portal", "spec", "init", "--team", "web"]
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        told = process.stderr.fileno()
        try:
            seen = _until(told, "Name of the service")
            os.write(ours, b"Shop\n")
            seen += _until(told, "has a form that is not allowed", "Name of the service")
            os.write(ours, b"shop\n")
            seen += _until(told, "namespace [shop]")
            os.write(ours, b"\n")
            seen += _until(told, "Image")
            os.write(ours, b"ghcr.io/acme/shop:1.0.0\n" + b"\n" * 10)
            process.stderr.read()
            assert process.wait(10) == 0
        finally:
            process.kill()
    os.close(ours)
    os.close(theirs)
    assert "Team that owns it" not in seen
    assert "metadata: {name: shop, team: web}" in (tmp_path / "service.yaml").read_text()


def _until(descriptor: int, *expected: str) -> str:
    """What is read until every one of the texts has come, in this order, and what came with them."""
    seen, start = "", 0
    for text in expected:
        while (at := seen.find(text, start)) < 0:
            piece = os.read(descriptor, 4096)
            assert piece, seen
            seen += piece.decode()
        start = at + len(text)
    return seen

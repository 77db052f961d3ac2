"""The simulator as a child: its command line, what of the environment it sees, and how long it may be silent.

A program of the test stands in for the simulator; it is found first because it lies in the working directory.
"""

import json
import sys
from pathlib import Path

import pytest

from portal.adapters.rehearsal import world
from portal.adapters.simulator_child import WorldOptions, passed_on, up
from portal.core.events import Progress
from portal.errors import PrerequisiteError
from portal.settings import RehearsalSettings

FACTS = {
    "run_id": "r1",
    "environment": "dev",
    "tiers": {"postgres": "container", "pods": "process"},
    "neon_url": "http://127.0.0.1:9",
    "neon_api_key_file": "/nowhere",
    "neon_projects": {"dev": "p"},
    "aws_region": "ap-south-1",
    "ssm_url": "http://127.0.0.1:9",
    "s3_url": "http://127.0.0.1:9",
    "aws_config_file": "/nowhere",
    "aws_credentials_file": "/nowhere",
    "hetzner_region": "fsn1",
    "hetzner_url": "http://127.0.0.1:1",
    "hetzner_credentials_file": "/nowhere",
    "kubeconfig": "/nowhere",
    "tenants_repo": "file:///nowhere",
}
BEGINNING = "import json, os, selectors, sys\n"
UP = "print(json.dumps(FACTS), flush=True)\nsys.stdin.read()\n"
# Says something a few times, each time long before anybody would call it silent.
PULLING = """
for megabytes in range(6):
    print(f"pulling postgres:17: {megabytes} of 6 MB", file=sys.stderr, flush=True)
    selectors.DefaultSelector().select(0.3)
"""
SILENT = "print('pulling postgres:17', file=sys.stderr, flush=True)\nsys.stdin.read()\n"
REFUSING = """
print("pulling ryuk:1", file=sys.stderr)
print("No container engine was found: install Docker.", file=sys.stderr)
sys.exit(1)
"""


@pytest.fixture(name="directory")
def _directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _program(directory: Path, text: str) -> None:
    package = directory / "simulator"
    package.mkdir()
    (package / "__init__.py").touch()
    facts = {**FACTS, "run_dir": str(directory)}
    (package / "__main__.py").write_text(f"{BEGINNING}FACTS = {facts!r}\n{text}")


async def test_progress_is_handed_on_and_a_pull_that_makes_progress_is_no_hang(directory: Path) -> None:
    _program(directory, PULLING + UP)
    told: list[Progress] = []
    async with world(WorldOptions(silent_seconds=1.5), {}, told.append) as running:
        assert running.settings.tiers == FACTS["tiers"]
        assert running.settings.simulated
    assert [step.step for step in told] == [f"pulling postgres:17: {n} of 6 MB" for n in range(6)]


async def test_a_world_that_says_nothing_any_more_is_given_up(directory: Path) -> None:
    _program(directory, SILENT)
    with pytest.raises(
        PrerequisiteError, match=r"said nothing for 1 s while it came up.*\npulling postgres:17"
    ):
        async with world(WorldOptions(silent_seconds=1.0), {}, lambda _: None):
            pass


async def test_what_the_simulator_refuses_is_told_in_its_own_words_without_its_progress(
    directory: Path,
) -> None:
    _program(directory, REFUSING)
    with pytest.raises(PrerequisiteError, match=r"^No container engine was found: install Docker\.$"):
        async with world(WorldOptions(), {}, lambda _: None):
            pass


async def test_the_simulator_sees_what_finds_the_engine_and_nothing_else(directory: Path) -> None:
    _program(directory, "FACTS['seen'] = dict(os.environ)\n" + UP)
    engine = {
        "DOCKER_HOST": "unix:///x.sock",
        "DOCKER_CONTEXT": "c",
        "DOCKER_CERT_PATH": "/certs",
        "DOCKER_TLS_VERIFY": "1",
        "TESTCONTAINERS_RYUK_DISABLED": "true",
        "RYUK_CONTAINER_IMAGE": "ryuk:1",
        "ZEROTOUCH_IMAGE_POSTGRES": "postgres:17.2",
        "XDG_RUNTIME_DIR": "/run/user/1",
        "KIND_EXPERIMENTAL_PROVIDER": "podman",
        "HOME": str(directory),
    }
    kept_out = {"AWS_SECRET_ACCESS_KEY": "canary", "NEON_API_KEY": "canary", "KUBECONFIG": "canary"}
    async with world(WorldOptions(), {**engine, **kept_out}, lambda _: None) as running:
        seen = running.facts["seen"]
    assert engine.items() <= seen.items()
    assert "canary" not in json.dumps(seen)
    assert passed_on({"LC_ALL": "C", "PATH": "/bin", "SSH_AUTH_SOCK": "x"}) == {"LC_ALL": "C", "PATH": "/bin"}


def test_only_what_was_asked_for_is_handed_on() -> None:
    assert up(WorldOptions())[:5] == [sys.executable, "-m", "simulator", "up", "--json"]
    assert "--tier" not in up(WorldOptions())
    asked = RehearsalSettings(
        tier="container",
        cluster="external",
        kubeconfig=Path("kube.yaml"),
        images={"postgres": "postgres:17.2"},
    )
    wanted = ["--tier", "container", "--cluster", "external", "--kubeconfig", "kube.yaml"]
    assert up(WorldOptions(backends=asked))[-8:] == [*wanted, "--image", "postgres=postgres:17.2"]

"""A world reads and changes nothing of its user: not the home directory, not the environment."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.simulator.harness.worlds import World, environment, simulator

FILES = (
    ".aws/config",
    ".aws/credentials",
    ".kube/config",
    ".gitconfig",
    ".config/git/config",
    ".netrc",
    ".pgpass",
    ".pg_service.conf",
    ".ssh/id_ed25519",
    ".docker/config.json",
    ".psqlrc",
)
OLD = 1_000_000_000


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home full of canaries, each last read long before it was last written."""
    made = tmp_path / "home"
    for name in FILES:
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("[canary: this file is not for programs\n")
        os.utime(path, (OLD, OLD + 60))
    return made


def _state(home: Path) -> dict[str, tuple[str, int, int]]:
    """Content, time of change and kind of everything below, whether or not it was there before."""
    return {
        str(path.relative_to(home)): (
            sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
            int(path.stat().st_mtime),
            path.stat().st_mode,
        )
        for path in sorted(home.rglob("*"))
    }


def _read(home: Path) -> list[str]:
    """The files whose last reading is no longer the one that was set."""
    return [name for name in FILES if int((home / name).stat().st_atime) != OLD]


def _reading_is_noticed(directory: Path) -> bool:
    probe = directory / "probe"
    probe.write_text("x")
    os.utime(probe, (OLD, OLD + 60))
    probe.read_text()
    return int(probe.stat().st_atime) != OLD


def _environments(world: World) -> Iterator[dict[str, str]]:
    """What every process of the world was given, where the system tells it."""
    for pid in world.family() - {world.supervisor.pid}:
        try:
            told = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        yield dict(part.decode().split("=", 1) for part in told if part)


def test_nothing_of_the_user_is_read_changed_or_handed_on(tmp_path: Path, home: Path) -> None:
    noticed = _reading_is_noticed(tmp_path)
    env = environment(
        tmp_path / "tmp",
        HOME=str(home),
        AWS_PROFILE="production",
        KUBECONFIG=str(home / ".kube/config"),
        HTTPS_PROXY="http://192.0.2.1:9",
        HTTP_PROXY="http://192.0.2.1:9",
        DOCKER_HOST="tcp://192.0.2.1:1",
        CANARY_VARIABLE="canary-5c1e",
    )
    with World(tmp_path / "tmp", env=env) as world:
        assert simulator(world.temporary, "status").returncode == 0
        # No container engine was looked for either: that address never answers.
        assert set(world.told["tiers"].values()) == {"embedded", "process"}
        assert not (world.run_dir / "containers.json").exists()
        for variables in _environments(world):
            assert not {"CANARY_VARIABLE", "AWS_PROFILE", "DOCKER_HOST", "HTTPS_PROXY"} & variables.keys()
            assert str(home) not in variables.values()
        assert simulator(world.temporary, "down").returncode == 0
        assert world.supervisor.wait(5) == 0
        assert not world.run_dir.exists()
    read = _read(home)
    assert not read or not noticed, read
    before = {name: sha256(b"[canary: this file is not for programs\n").hexdigest() for name in FILES}
    after = {name: digest for name, (digest, _, _) in _state(home).items() if digest}
    assert after == before
    assert {mtime for name, (_, mtime, _) in _state(home).items() if name in FILES} == {OLD + 60}

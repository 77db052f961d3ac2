"""No secret value in any log, report, journal, process argument, repository or screen."""

import base64
import shutil
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from tests.e2e.world import INPUTS, Live, living, service

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

GIT = shutil.which("git") or "git"
KUBECTL = shutil.which("kubectl") or str(Path(sys.executable).with_name("kubectl"))


@pytest.fixture(scope="module", name="live")
def _live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with living(tmp_path_factory.mktemp("secrecy")) as world:
        yield world


class Arguments:
    """Collects the arguments of every process while a block runs."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue


def _forms(secret: str) -> set[str]:
    return {
        secret,
        urllib.parse.quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode().rstrip("="),
    }


def _secrets(live: Live) -> dict[str, str]:
    """What must show nowhere: the inputs, and what the world made itself, read the way a service reads it."""
    found = dict(INPUTS)
    pods = live.run_dir / "pods"
    assert pods.is_dir()
    found["neon_api_key"] = Path(live.facts["neon_api_key_file"]).read_text().strip()
    found["control_token"] = Path(live.facts["control_token_file"]).read_text().strip()
    kubectl = [KUBECTL, "--kubeconfig", live.facts["kubeconfig"], "get", "secret", "-n", "hidden"]
    for secret, keys in {"hidden-db": ("DATABASE_URL",), "hidden-jwt": ("JWT_PRIVATE_KEY",)}.items():
        for key in keys:
            answer = subprocess.run(
                [*kubectl, secret, "-o", f"jsonpath={{.data.{key}}}"],
                capture_output=True,
                text=True,
                timeout=30,
                check=True,
            ).stdout
            found[key] = base64.b64decode(answer).decode()
    url = urllib.parse.urlsplit(found.pop("DATABASE_URL"))
    assert url.password
    found["database_password"] = urllib.parse.unquote(url.password)
    found["JWT_PRIVATE_KEY"] = found["JWT_PRIVATE_KEY"].splitlines()[1]
    return found


def test_no_secret_shows_anywhere(live: Live, tmp_path: Path) -> None:
    spec = service(tmp_path, "hidden", cache=True)
    with Arguments() as arguments:
        applied = live.apply(spec)
        screens = [live.portal(*words, code=None) for words in _looks(spec)]
    haystacks = {"arguments": "\n".join(arguments.seen), "apply": applied.stdout + applied.stderr}
    haystacks |= {f"screen {i}": s.stdout + s.stderr for i, s in enumerate(screens)}
    for path in [*(live.run_dir / "logs").rglob("*"), *(live.run_dir / "portal" / "journal").rglob("*")]:
        if path.is_file():
            haystacks[str(path)] = path.read_text(errors="replace")
    haystacks["git"] = _git_objects(live)
    leaks = [
        f"{name} in {where}"
        for name, secret in _secrets(live).items()
        for where, text in haystacks.items()
        if any(form in text for form in _forms(secret))
    ]
    assert leaks == []
    assert any("journal" in where for where in haystacks)


def _looks(spec: Path) -> list[tuple[str, ...]]:
    return [
        ("plan", "-f", str(spec), "-e", "dev"),
        ("status", "-o", "json"),
        ("trace", "hidden/dev"),
        ("doctor", "-o", "yaml"),
    ]


def _git_objects(live: Live) -> str:
    repository = live.facts["tenants_repo"].removeprefix("file://")
    listing = subprocess.run(
        [GIT, "-C", repository, "log", "-p", "--all"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return listing.stdout

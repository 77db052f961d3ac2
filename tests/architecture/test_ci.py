"""What CI runs, and what its last line says of containers; its tools are stand-ins."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SKIPPED = "The tests of containers were skipped: "
KIT = """\
#!/bin/sh
echo "kit $1" >> "$NOTES"
case $1 in
  images) mkdir -p "$CONTAINER_KIT_STATE"; echo "no mirror answers"; exit {code} ;;
  env) echo "export DOCKER_HOST=unix://kit.sock" ;;
esac
"""
MAKE = '#!/bin/sh\necho "make $* $DOCKER_HOST" >> "$NOTES"\nexit {code}\n'
DOCKER = """\
#!/bin/sh
case "$1 $2" in
  "info ") test "$DOCKER_HOST" = "{engine}" ;;
  "image inspect") test "$3" != "{missing}" ;;
  *) exit 1 ;;
esac
"""

pytestmark = pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="the kit is for Debian")


@dataclass(slots=True)
class Clone:
    """A checkout whose tools note how they were called."""

    path: Path
    environment: dict[str, str] = field(default_factory=dict)

    def tool(self, name: str, text: str) -> None:
        script = self.path / "bin" / name
        script.write_text(text)
        script.chmod(0o755)

    def run(self, **more: str) -> tuple[int, list[str], list[str]]:
        """Exit code, the lines it wrote, and the calls of its tools."""
        notes = self.path / "notes"
        environment = {
            "PATH": f"{self.path / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "NOTES": str(notes),
            "ZEROTOUCH_CONTAINER_KIT": str(self.path / "bin" / "kit"),
        }
        result = subprocess.run(
            [str(self.path / ".ci" / "run")],
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return result.returncode, result.stdout.splitlines(), notes.read_text().splitlines()


@pytest.fixture(name="clone")
def _clone(tmp_path: Path) -> Clone:
    clone = Clone(tmp_path)
    for directory in (".ci", ".venv/bin", "bin"):
        (tmp_path / directory).mkdir(parents=True)
    (tmp_path / ".ci" / "run").write_bytes((ROOT / ".ci" / "run").read_bytes())
    (tmp_path / ".ci" / "run").chmod(0o755)
    clone.tool("python", '#!/bin/sh\nprintf "one\\ntwo\\n"\n')
    (tmp_path / ".venv" / "bin" / "python").symlink_to(tmp_path / "bin" / "python")
    clone.tool("id", "#!/bin/sh\necho 0\n")
    clone.tool("make", MAKE.format(code=0))
    clone.tool("docker", DOCKER.format(engine="none", missing="none"))
    return clone


CHECKS = ["make lint types imports ", "make neon-schema ", 'make test ARGS=-m "not containers" ']


def test_without_an_engine_the_last_line_says_that_containers_were_skipped(clone: Clone) -> None:
    code, lines, calls = clone.run()
    assert (code, calls) == (0, CHECKS)
    assert lines[-1] == f"{SKIPPED}no container engine runs here."


def test_checks_go_on_without_the_document_of_neon(clone: Clone) -> None:
    clone.tool("make", MAKE.format(code='$(test "$1" = neon-schema && echo 1 || echo 0)'))
    code, _, calls = clone.run()
    assert (code, calls) == (0, CHECKS)


def test_the_kit_prepares_an_engine_beside_the_checks_and_takes_it_down(clone: Clone) -> None:
    clone.tool("kit", KIT.format(code=0))
    code, lines, calls = clone.run()
    assert code == 0
    assert [call for call in calls if call.startswith("kit")] == ["kit images", "kit env", "kit down"]
    assert calls[-2:] == ["make test-containers unix://kit.sock", "kit down"]
    assert [call for call in calls if "make" in call][2].startswith("make test ARGS")
    assert lines[-1] == "The tests of containers ran on the engine at unix://kit.sock."


def test_a_kit_that_fails_is_told_and_skips_them(clone: Clone) -> None:
    clone.tool("kit", KIT.format(code=1))
    code, lines, calls = clone.run()
    assert code == 0
    assert "test-containers" not in "".join(calls)
    assert calls[-1] == "kit down"
    assert lines[-1].startswith(SKIPPED)
    assert lines[-1].endswith("could not prepare an engine (no mirror answers).")


def test_an_engine_that_runs_is_used_and_the_kit_left_alone(clone: Clone) -> None:
    clone.tool("kit", KIT.format(code=0))
    clone.tool("docker", DOCKER.format(engine="unix://own.sock", missing="two"))
    code, lines, calls = clone.run(DOCKER_HOST="unix://own.sock")
    assert code == 0
    assert calls[-1] == "make test-containers unix://own.sock"
    assert "kit" not in "".join(calls)
    assert "ran on the engine at unix://own.sock, but for those that need two, which" in lines[-1]


def test_a_check_that_fails_fails_the_run_and_takes_the_kit_down(clone: Clone) -> None:
    clone.tool("kit", KIT.format(code=0))
    begun = 'until grep -q "kit images" "$NOTES"; do sleep 0.05; done\n'
    clone.tool("make", MAKE.format(code=2).replace("exit", f"{begun}exit"))
    code, _, calls = clone.run()
    assert code == 2
    assert calls[-1] == "kit down"

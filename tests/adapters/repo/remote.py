"""A real bare repository to work against, other people's commits in it, and a git that can be disturbed."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

KUSTOMIZATION = "kind: Kustomization\nresources: [{resources}]\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {k: VALUE}\n"


def tenant(service: str, *, overlay: str = "dev", value: str = "v1") -> dict[str, str]:
    """The files of a small tenant that renders."""
    folder = f"tenants/{service}"
    return {
        f"{folder}/service.yaml": f"kind: Service\nmetadata: {{name: {service}}}\n",
        f"{folder}/base/kustomization.yaml": KUSTOMIZATION.format(resources="map.yaml"),
        f"{folder}/base/map.yaml": CONFIG_MAP.replace("NAME", service).replace("VALUE", value),
        f"{folder}/overlays/{overlay}/kustomization.yaml": KUSTOMIZATION.format(resources="../../base"),
        f"{folder}/overlays/{overlay}/config.yaml": f"tenant: {service}\nenvironment: {overlay}\n",
    }


class Remote:
    """The repository ArgoCD would read."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "tenants.git"
        self.url = f"file://{self.path}"
        self._home = directory
        self._clone = directory / "clone"
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.path), cwd=directory)
        self.git("clone", "--quiet", str(self.path), str(self._clone), cwd=directory)

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        """The person's own git, at another desk."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "somebody",
            "GIT_AUTHOR_EMAIL": "somebody@example.invalid",
            "GIT_COMMITTER_NAME": "somebody",
            "GIT_COMMITTER_EMAIL": "somebody@example.invalid",
        }
        done = subprocess.run(  # noqa: PLW1510 - the status is checked below
            ["git", *arguments],  # noqa: S607 - git from PATH is what is tested
            cwd=cwd or self.path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def commit(self, files: Mapping[str, str | bytes | None], message: str = "by somebody") -> str:
        """Push files (None deletes) as somebody else; returns the new head."""
        self.git("pull", "--quiet", "--rebase", "--autostash", cwd=self._clone) if self.exists() else None
        for name, content in files.items():
            path = self._clone / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                path.unlink()
            elif isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_text(content)
        self.git("add", "--all", cwd=self._clone)
        self.git("commit", "--quiet", "--allow-empty", "-m", message, cwd=self._clone)
        self.git("push", "--quiet", "origin", "HEAD:main", cwd=self._clone)
        return self.head()

    def exists(self) -> bool:
        return bool(self.git("for-each-ref"))

    def head(self) -> str:
        return self.git("rev-parse", "main").strip()

    def text(self, path: str) -> str:
        return self.git("show", f"main:{path}")

    def history(self) -> list[str]:
        """Subjects, oldest first; a merge would show as two parents and is refused."""
        lines = self.git("log", "--reverse", "--format=%P|%s", "main").splitlines()
        assert all(len(line.partition("|")[0].split()) <= 1 for line in lines)
        return [line.partition("|")[2] for line in lines]

    def hook(self, name: str, script: str) -> None:
        path = self.path / "hooks" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)


class Disturbed:
    """A `git` to put first on PATH: a script runs before every push and may `exit`; `$GIT` is real."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "disturbed"
        self.directory.mkdir()
        self.runs = self.directory / "runs"
        self._real = shutil.which("git")

    def before_push(self, script: str) -> None:
        path = self.directory / "git"
        path.write_text(
            f"#!/bin/sh\nGIT={self._real}\nRUNS={self.runs}\n"
            'for word; do if [ "$word" = push ]; then\n'
            f'echo run >> "$RUNS"\n{script}\nbreak\nfi; done\nexec "$GIT" "$@"\n'
        )
        path.chmod(0o755)

    @property
    def path(self) -> str:
        return f"{self.directory}{os.pathsep}{os.environ['PATH']}"

    def pushes(self) -> int:
        return len(self.runs.read_text().splitlines()) if self.runs.exists() else 0

"""The tenants repository of a run: bare, with one commit, made without any of the user's git settings."""

from pathlib import Path

from simulator.backends.environment import constructed
from simulator.backends.failure import BackendFailed
from simulator.backends.process import start

BRANCH = "main"
_AUTHOR = "Rehearsal <rehearsal@localhost>"
_WHEN = "1767225600 +0000"
_README = """\
# Tenants

`tenants/<service>/base` and `tenants/<service>/overlays/<environment>` describe what ArgoCD deploys.
"""
_RULES = """\
[receive]
	denyNonFastForwards = true
	denyDeletes = true
[gc]
	auto = 0
"""


async def make(repository: Path, home: Path, log: Path) -> str:
    """Make it with its first commit; returns its file:// URL."""
    await _git(
        ["init", "--quiet", "--bare", f"--initial-branch={BRANCH}", "--template=", str(repository)], home, log
    )
    with (repository / "config").open("a") as config:
        config.write(_RULES)
    await _git(["-C", str(repository), "fast-import", "--quiet"], home, log, _first_commit())
    return repository.as_uri()


async def _git(arguments: list[str], home: Path, log: Path, stdin: bytes = b"") -> None:
    isolated = {"HOME": str(home), "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    child = await start(["git", *arguments], env=constructed(isolated), cwd=home, log=log, stdin=stdin)
    if (status := await child.wait()) != 0:
        raise BackendFailed("git", f"ended with status {status}", log)


def _first_commit() -> bytes:
    readme = _README.encode()
    message = b"Begin the tenants repository"
    return b"\n".join(
        [
            f"commit refs/heads/{BRANCH}".encode(),
            f"committer {_AUTHOR} {_WHEN}".encode(),
            b"data %d" % len(message),
            message,
            b"M 100644 inline README.md",
            b"data %d" % len(readme),
            readme,
            b"M 100644 inline tenants/.gitkeep",
            b"data 0",
            b"",
            b"done",
            b"",
        ]
    )

"""The git command on one bare repository, with everything that could surprise turned off."""

from collections.abc import Mapping
from pathlib import Path

from portal.adapters.repo import failures
from portal.adapters.repo.process import Output, run
from portal.adapters.threads import Threads

LOCAL_SECONDS = 30.0

# No hooks and no signing of the person's, no process that outlives the command, patience for a second portal.
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.filesRefLockTimeout=10000",
    "core.packedRefsTimeout=10000",
    "core.quotePath=false",
    "gc.autoDetach=false",
    "maintenance.autoDetach=false",
    "commit.gpgSign=false",
    "log.showSignature=false",
    "push.gpgSign=false",
    "push.followTags=false",
    "push.recurseSubmodules=no",
    "fetch.recurseSubmodules=false",
    "protocol.ext.allow=never",
)


class Git:
    """Commands on `directory`; secrets never stand in an argument."""

    def __init__(self, directory: Path, env: Mapping[str, str], threads: Threads) -> None:
        self.directory = directory
        self._env = env
        self._threads = threads

    async def local(
        self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> Output:
        """A command that must succeed and contacts nobody. Raises PrerequisiteError when it fails."""
        try:
            output = await self.attempt(*arguments, stdin=stdin, env=env)
        except TimeoutError as exc:
            silent = Output(1, b"", f"no end within {LOCAL_SECONDS:g} s")
            raise failures.local_failure(silent, arguments[0], str(self.directory)) from exc
        if output.status != 0:
            raise failures.local_failure(output, arguments[0], str(self.directory))
        return output

    async def attempt(
        self,
        *arguments: str,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        seconds: float = LOCAL_SECONDS,
    ) -> Output:
        """A command whose failure the caller understands. Raises TimeoutError."""
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        try:
            return await run(
                self._threads,
                ["git", *settings, f"--git-dir={self.directory}", *arguments],
                env={**self._env, **(env or {})},
                cwd=self.directory.parent,
                seconds=seconds,
                stdin=stdin,
            )
        except TimeoutError:
            raise
        except OSError as exc:
            raise failures.missing("git") from exc

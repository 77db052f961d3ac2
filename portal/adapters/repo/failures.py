"""What git says on stderr (in English, by LC_ALL), as `portal.errors`."""

import re

from portal.adapters.repo.process import Output
from portal.core.redaction import redact
from portal.errors import AccessDenied, NotFound, PortalError, PrerequisiteError, RemoteError, Unreachable

SYSTEM = "git"

_SAYINGS: tuple[tuple[type[RemoteError], re.Pattern[str], str], ...] = (
    (
        AccessDenied,
        re.compile(
            r"authentication failed|permission denied|could not read (username|password)|access denied|"
            r"returned error: 40[13]|not authorized|host key verification failed|terminal prompts disabled|"
            r"transport '.*' not allowed|dubious ownership|write access to repository not granted",
            re.IGNORECASE,
        ),
        "Check that `git ls-remote` works with this URL in a shell.",
    ),
    (
        NotFound,
        re.compile(
            r"couldn't find remote ref|repository .* not found|repository not found|returned error: 404|"
            r"does not appear to be a git repository|no such file or directory",
            re.IGNORECASE,
        ),
        "Check the repository's URL and branch in the profile.",
    ),
)
_PREFIX = re.compile(r"^(?:fatal|error|remote|warning): ?", re.IGNORECASE)
_CHATTER = ("hint:", "Cloning into", "To ", "From ", "Everything up-to-date")


def remote_failure(output: Output, operation: str, target: str, *, writes: bool = False) -> RemoteError:
    """Why an exchange with the remote failed; anything not understood may have been a broken line."""
    cause = said(output.stderr)
    for kind, saying, hint in _SAYINGS:
        if saying.search(output.stderr):
            return kind(cause, system=SYSTEM, operation=operation, target=target, hint=hint)
    return unreachable(cause, operation, target, writes=writes)


def unreachable(cause: str, operation: str, target: str, *, writes: bool = False) -> Unreachable:
    """No usable answer of the remote."""
    doubt = "; it may have been applied" if writes else ""
    return Unreachable(f"{cause}{doubt}", system=SYSTEM, operation=operation, target=target)


def local_failure(output: Output, operation: str, mirror: str) -> PortalError:
    """Why a command on the private mirror failed: the disk, or a mirror that is damaged."""
    return PrerequisiteError(
        said(output.stderr),
        system=SYSTEM,
        operation=operation,
        hint=f"Free disk space, or delete {mirror}: it is only a copy.",
    )


def said(stderr: str) -> str:
    """The lines that tell something, as one line without secrets."""
    lines = [line.strip() for line in stderr.splitlines()]
    telling = [_PREFIX.sub("", line) for line in lines if line and not line.startswith(_CHATTER)]
    return redact("; ".join(telling[-4:])).rstrip(".") or "git said nothing"


def missing(program: str) -> PrerequisiteError:
    """A program this machine lacks."""
    return PrerequisiteError(
        f"{program} is not on PATH or does not start", hint=f"Install {program} and try again."
    )

"""The one tree of errors the portal raises.

    PortalError
    ├── UsageError            what the user gave is wrong; nothing was contacted        exit 2
    │   └── SpecError         one or more faults in service files, all listed at once
    ├── PrerequisiteError     something this machine lacks (git, a directory, a binary)  exit 1
    ├── RemoteError           a system answered with a failure, or not at all
    │   ├── Unreachable       no usable answer; for a write: it may have been applied
    │   ├── AccessDenied      401 or 403: the credential is bad or lacks the right
    │   │   └── NotLoggedIn   401: the credential is unknown or has ended; a new login mends it
    │   ├── NotFound          404, or not visible to this credential
    │   ├── Conflict          409, name taken, resourceVersion or version moved
    │   ├── Locked            423: another operation runs; always safe to retry
    │   ├── Throttled         429 or a throttling exception; `retry_after` when given
    │   ├── Precondition      412 or 422: something else must be put right first
    │   └── Protocol          an answer that is not what the API promises
    ├── RefusedError          the portal will not do it (foreign resource, stale plan, lease held)
    ├── AwaitsReview          a commit waits to be merged; the same command goes on then   exit 3
    └── InterruptedRun        the user stopped the run; what was done is journaled      exit 130

Only adapters translate SDK exceptions into this tree; nothing above them names an SDK exception.
"""

import traceback
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One place in one file: 1-based line and column, what is wrong, what is allowed."""

    file: str
    line: int
    column: int
    message: str
    allowed: str = ""

    def __str__(self) -> str:
        tail = f" (allowed: {self.allowed})" if self.allowed else ""
        return f"{self.file}:{self.line}:{self.column}: {self.message}{tail}"


class PortalError(Exception):
    """Base of every error shown to a person; each part is plain text without secrets.

    `system` is one of neon, ssm, s3, hetzner, kubernetes, git, local. `operation` is the call that failed,
    `target` what it was aimed at, `hint` the next thing to do.
    """

    def __init__(
        self, cause: str, *, system: str = "local", operation: str = "", target: str = "", hint: str = ""
    ) -> None:
        self.cause = cause
        self.system = system
        self.operation = operation
        self.target = target
        self.hint = hint
        super().__init__(cause)

    def __str__(self) -> str:
        where = " ".join(part for part in (self.system, self.operation, self.target) if part)
        sentence = f"{where}: {self.cause}" if self.operation or self.target else self.cause
        return f"{sentence}. {self.hint}" if self.hint else sentence


class UsageError(PortalError):
    """The call itself is wrong; nothing was contacted."""


class SpecError(UsageError):
    """Faults in one or more service files, all of them at once."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults), operation="", target="")


class PrerequisiteError(PortalError):
    """This machine lacks something; the hint names the way out."""


class RemoteError(PortalError):
    """A remote system failed or refused. `retry_after` is in seconds, None when not given."""

    def __init__(
        self,
        cause: str,
        *,
        system: str,
        operation: str,
        target: str = "",
        hint: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.retry_after = retry_after
        super().__init__(cause, system=system, operation=operation, target=target, hint=hint)


class Unreachable(RemoteError):
    """No usable answer. A write may have been applied: observe, never repeat blindly."""


class AccessDenied(RemoteError):
    """The credential is unknown or lacks the right."""


class NotLoggedIn(AccessDenied):
    """The credential is unknown or has ended; what it could see before is still there."""


class NotFound(RemoteError):
    """Absent, or not visible to this credential."""


class Conflict(RemoteError):
    """The name is taken, or the version that was to be replaced has moved."""


class Locked(RemoteError):
    """Another operation holds the resource; retrying is always safe."""


class Throttled(RemoteError):
    """Too many calls; wait `retry_after` seconds when it is given."""


class Precondition(RemoteError):
    """The call is well formed, but something else must be put right first."""


class Protocol(RemoteError):
    """The answer does not have the promised form."""


class RefusedError(PortalError):
    """The portal will not do this; the cause says what it would have harmed."""


class AwaitsReview(PortalError):
    """A person has to merge a commit first; what was done until then is journaled."""


class InterruptedRun(PortalError):
    """The user stopped the run between two steps."""


def told(error: BaseException) -> str:
    """One sentence that shows no value: the portal's own errors speak for themselves; of others only their
    kind and place are told, because their text and their frames may hold secrets.
    """
    if isinstance(error, PortalError):
        return str(error)
    if isinstance(error, BaseExceptionGroup):
        return told(error.exceptions[0])
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {frames[-1].filename.rpartition('/')[2]}, line {frames[-1].lineno}" if frames else ""
    return f"a fault of the portal itself: {type(error).__name__}{place}"

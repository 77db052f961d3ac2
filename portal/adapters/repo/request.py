"""What may be committed at all: paths inside the tenant's folder, text without secrets."""

import re
from collections.abc import Mapping

from portal.core.redaction import looks_secret
from portal.core.repository import CommitRequest
from portal.errors import RefusedError

_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}")
_TRAILER = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")


def verify(request: CommitRequest) -> None:
    """Raises RefusedError naming the file and line, never the text."""
    if not request.files and not request.removed:
        raise RefusedError("a commit without files was asked for", system="git", target=str(request.tenant))
    for path in (*request.files, *request.removed):
        _verify_path(path, request.tenant.service)
    for path, text in request.files.items():
        _verify_text(path, text)
    _verify_text("the commit message", message(request))


def message(request: CommitRequest) -> str:
    """Subject and body, an empty line, the trailers."""
    return f"{request.message.strip()}\n\n{_trailers(request.trailers)}".rstrip("\n") + "\n"


def folder(request: CommitRequest) -> str:
    """The one folder a request may write to, with its slash."""
    return f"tenants/{request.tenant.service}/"


def _verify_path(path: str, service: str) -> None:
    segments = path.split("/")
    inside = segments[:2] == ["tenants", service] and len(segments) > 2  # noqa: PLR2004 - tenants/<service>/…
    if not inside or not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise RefusedError(f"{path!r} lies outside of tenants/{service}/", system="git", operation="commit")


def _verify_text(name: str, text: str) -> None:
    if "\0" in text:
        raise RefusedError(f"{name} is not text", system="git", operation="commit")
    for number, line in enumerate(text.splitlines(), start=1):
        if kind := looks_secret(line):
            raise RefusedError(
                f"line {number} of {name} holds {kind}, and git keeps what it was given",
                system="git",
                operation="commit",
                hint="Put the value into Parameter Store and refer to it.",
            )


def _trailers(trailers: Mapping[str, str]) -> str:
    lines: list[str] = []
    for key, value in trailers.items():
        if not _TRAILER.fullmatch(key) or not value.strip() or len(value.splitlines()) != 1:
            raise RefusedError(f"{key!r} is not a trailer with a value of one line", system="git")
        lines.append(f"{key}: {value.strip()}\n")
    return "".join(lines)

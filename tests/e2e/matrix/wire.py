"""The way from a portal to the tenants repository: what passes it is counted, and one exchange can fail."""

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.matrix.faults import Boundary, Fault

_LOST = "fatal: unable to access 'https://git.example/': Connection reset by peer"
_STATUS = "fatal: unable to access 'https://git.example/': The requested URL returned error: {}"
# What git says on stderr where it gives up; nothing where it hangs.
_SAID = {
    Fault.CALL_LOST: _LOST,
    Fault.ANSWER_LOST: _LOST,
    Fault.THROTTLED: _STATUS.format(429),
    Fault.SERVER_ERROR: _STATUS.format(500),
    Fault.BAD_GATEWAY: _STATUS.format(502),
    Fault.DENIED: _STATUS.format(403),
    Fault.EXPIRED: "fatal: Authentication failed for 'https://git.example/'",
}
_AFTER = {Fault.CRASH_AFTER, Fault.ANSWER_LOST, Fault.TIMEOUT_AFTER}
_GIT = """\
#!/bin/sh
operation=
for word; do
  case "$word" in fetch | ls-remote | push) operation=$word; break ;; esac
done
[ -n "$operation" ] || exec '{git}' "$@"
echo "$operation" >> '{place}/calls'
due="$operation $(grep -c "^$operation$" '{place}/calls')"
[ "$due" = "$(cat '{place}/due' 2> /dev/null)" ] || exec '{git}' "$@"
[ ! -f '{place}/after' ] || '{git}' "$@" > /dev/null 2>&1
: > '{place}/struck'
[ -f '{place}/said' ] || exec sleep 1000
cat '{place}/said' >&2
exit 128
"""


@dataclass(frozen=True, slots=True)
class Wire:
    """A `git` that stands before every other one on the search path."""

    place: Path

    @classmethod
    def to(cls, git: str, place: Path) -> "Wire":
        """Before that program."""
        place.mkdir()
        (place / "calls").touch()
        script = place / "git"
        script.write_text(_GIT.format(git=git, place=place))
        script.chmod(0o700)
        return cls(place)

    def path(self, behind: str) -> str:
        """The search path with it in front."""
        return f"{self.place}:{behind}"

    def calls(self) -> Counter[str]:
        """How often each exchange was begun since the last fault was put in."""
        return Counter((self.place / "calls").read_text().split())

    @property
    def struck(self) -> bool:
        return (self.place / "struck").exists()

    @contextmanager
    def fault(self, boundary: Boundary, fault: Fault) -> Iterator[None]:
        """In force within the context."""
        files = {"due": f"{boundary.operation} {boundary.nth}\n", "said": _SAID.get(fault)}
        files["after"] = "" if fault in _AFTER else None
        for name in ("struck", "calls"):
            (self.place / name).unlink(missing_ok=True)
        (self.place / "calls").touch()
        for name, text in files.items():
            if text is not None:
                (self.place / name).write_text(text)
        try:
            yield
        finally:
            for name in files:
                (self.place / name).unlink(missing_ok=True)


def program(path: str) -> str:
    """Where a search path leads to for git."""
    found = shutil.which("git", path=path)
    assert found is not None
    return found

"""A backend that did not come up, or ended when it should have gone on."""

from pathlib import Path

from simulator.backends.process import last_lines


class BackendFailed(Exception):
    """Names the backend, what happened to it, its log and the end of that log."""

    def __init__(self, name: str, what: str, log: Path | None = None) -> None:
        self.name = name
        self.what = what
        self.log = log
        super().__init__(f"{name}: {what}" + (f"; its log {log} ends:\n{last_lines(log)}" if log else ""))

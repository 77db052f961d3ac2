"""The control API of a rehearsal world, and the log of its gateway."""

import http.client
import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from portal.adapters.threads import Threads
from portal.core.switchboard import Backing, Call, FaultRule, WorldState
from portal.errors import RefusedError, Unreachable

SECONDS, CLIENT_SECONDS = 6.0, 5.0
# The end of the log that is read at most: some two hundred calls.
TAIL_BYTES = 65_536
_NAMED = frozenset({"id", "service", "operation", "action", "idle", "seen", "struck"})


class ControlApi:
    """An async context manager over the facts a world printed; contacts nothing before it is asked."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._address = urlsplit(str(facts["control_url"]))
        self._token = Path(str(facts["control_token_file"]))
        self._log = Path(str(facts["gateway_log"]))
        self._threads = Threads(1, name="control")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._threads.aclose()

    async def state(self) -> WorldState:
        found = await self._call("GET", "/status")
        return WorldState(
            run_dir=str(found.get("run_dir", "")),
            seed=int(found.get("seed", 0)),
            speed=float(found.get("speed", 1.0)),
            uptime_seconds=float(found.get("uptime_seconds", 0.0)),
            backends=tuple(_backing(row) for row in found.get("backends", ())),
            faults=tuple(_rule(row) for row in found.get("faults", ())),
        )

    async def calls(self, most: int) -> tuple[Call, ...]:
        try:
            lines = await self._threads.call(_tail, self._log, timeout=SECONDS)
        except (OSError, TimeoutError) as exc:
            raise Unreachable(
                "the log of the gateway cannot be read",
                system="rehearsal",
                operation="read",
                target=str(self._log),
            ) from exc
        return tuple(_calls(lines))[: -most - 1 : -1]

    async def add(self, rule: Mapping[str, str | int | float]) -> FaultRule:
        return _rule(await self._call("POST", "/faults", rule))

    async def remove(self, rule: str) -> None:
        await self._call("DELETE", f"/faults/{rule}" if rule else "/faults")

    async def _call(self, method: str, path: str, body: object | None = None) -> Mapping[str, Any]:
        try:
            status, document = await self._threads.call(self._ask, method, path, body, timeout=SECONDS)
        except (OSError, ValueError, http.client.HTTPException) as exc:
            raise Unreachable(
                "the world does not answer", system="rehearsal", operation=f"{method} {path}"
            ) from exc
        if status >= HTTPStatus.BAD_REQUEST:
            raise RefusedError(
                str(document.get("error", f"status {status}")), system="rehearsal", operation=path
            )
        return document

    def _ask(self, method: str, path: str, body: object | None) -> tuple[int, Mapping[str, Any]]:
        connection = http.client.HTTPConnection(
            self._address.hostname or "", self._address.port, timeout=CLIENT_SECONDS
        )
        try:
            headers = {
                "Authorization": f"Bearer {self._token.read_text().strip()}",
                "Content-Type": "application/json",
            }
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            document = json.loads(answer.read() or b"{}")
            return answer.status, document if isinstance(document, dict) else {}
        finally:
            connection.close()


def _tail(path: Path) -> list[bytes]:
    """Whole lines at the end of the log."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL_BYTES))
        lines = file.read().split(b"\n")
    return lines[1:] if size > TAIL_BYTES else lines


def _calls(lines: list[bytes]) -> Iterator[Call]:
    """A line that is not whole yet is passed over."""
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        yield Call(
            at=str(row.get("t", "")),
            caller=str(row.get("caller", "")),
            operation=f"{row.get('service', '')}:{row.get('operation', '')}",
            status=int(row.get("status", 0)),
            milliseconds=float(row.get("ms", 0.0)),
            fault=" ".join(str(row[name]) for name in ("fault", "action") if name in row),
        )


def _rule(row: Mapping[str, Any]) -> FaultRule:
    details = " ".join(f"{name}={value}" for name, value in row.items() if name not in _NAMED)
    return FaultRule(
        id=str(row.get("id", "")),
        at=f"{row.get('service', '')}:{row.get('operation', '')}",
        action=str(row.get("action", "")),
        details=details,
        seen=int(row.get("seen", 0)),
        struck=int(row.get("struck", 0)),
    )


def _backing(row: Mapping[str, Any]) -> Backing:
    product = f"{row.get('product', '')} {row.get('version', '')}".strip()
    return Backing(
        name=str(row.get("name", "")),
        tier=str(row.get("tier", "")),
        product=product,
        stands_in_for=str(row.get("stands_in_for", "")),
        state=str(row.get("state", "up")),
    )

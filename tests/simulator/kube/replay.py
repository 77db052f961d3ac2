"""Replaying recorded requests, in their order, against a server."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson

from tests.simulator.kube.comparison import Comparison

Step = dict[str, Any]
_VARIABLE = re.compile(r"\$\{(\w+)\}")
FOLDER = Path(__file__).with_name("recordings")
_BETWEEN = "between.jsonl"


@dataclass(slots=True)
class Result:
    """What one recorded step answered, and how that differs."""

    differences: list[str]
    body: Any = None


@dataclass(slots=True)
class Replay:
    """One run of the scenario."""

    clients: Mapping[str, httpx.AsyncClient]
    settled: Callable[[], Awaitable[None]]
    captured: dict[str, str] = field(default_factory=dict)
    results: dict[int, Result] = field(default_factory=dict)

    async def run(self) -> dict[int, Result]:
        """Every recording with the steps between; answers the result of each by number."""
        between = list(_lines(FOLDER / _BETWEEN))
        for recording in recordings():
            while between and between[0]["before"] <= recording["step"]:
                await self._auxiliary(between.pop(0))
            self.results[recording["step"]] = await self._recording(recording)
        return self.results

    async def _send(self, request: Step) -> httpx.Response:
        request = self._filled(request)
        body = request.get("body")
        content = body.encode() if isinstance(body, str) else orjson.dumps(body) if body is not None else None
        client = self.clients[request.get("user", "admin")]
        return await client.request(
            request["method"],
            request["path"],
            params=request.get("query") or None,
            headers={"Accept": "application/json", **request.get("headers", {})},
            content=content,
        )

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str):
            return _VARIABLE.sub(lambda found: self.captured.get(found[1], found[0]), value)
        if isinstance(value, list):
            return [self._filled(one) for one in value]
        return {key: self._filled(one) for key, one in value.items()} if isinstance(value, dict) else value

    async def _auxiliary(self, step: Step) -> None:
        if step["do"] == "request":
            answer = await self._send(step["request"])
            self._capture(step.get("capture") or {}, answer)
        elif step["do"] == "wait":
            await self._wait(step)
        else:
            await self.settled()

    def _capture(self, wanted: Step, answer: httpx.Response) -> None:
        for name, where in wanted.items():
            body, pointer = answer.json(), where
            if isinstance(where, dict):
                found = [one for one in at(body, where["list"]) or () if _satisfies(one, where["where"])]
                body, pointer = (found[0] if found else None), where["value"]
            value = at(body, pointer)
            if value is not None:
                self.captured[name] = str(value)

    async def _wait(self, step: Step) -> None:
        async with asyncio.timeout(step["timeout"]):
            while True:
                answer = await self._send(step["request"])
                if answer.status_code == step["status"] and _satisfies(
                    _body(answer), step.get("where") or {}
                ):
                    return

    async def _recording(self, recording: Step) -> Result:
        answer = await self._send(recording["request"])
        recorded, rules = recording["response"], recording.get("rules") or {}
        found: list[str] = []
        if answer.status_code != recorded["status"]:
            found.append(f"status: {answer.status_code} is not {recorded['status']}: {answer.text[:300]}")
        found += _headers(recorded["headers"], answer)
        body = _body(answer)
        found += Comparison(rules).differences(recorded["body"], body)
        found += self._relations(recording.get("relations") or {}, body)
        return Result(found, body)

    def _relations(self, wanted: Step, body: Any) -> list[str]:
        found: list[str] = []
        for name, same in (("rv_same_as", True), ("rv_differs_from", False)):
            if name in wanted:
                version = at(body, "/metadata/resourceVersion")
                other = at(self.results[wanted[name]].body, "/metadata/resourceVersion")
                if (version == other) is not same:
                    found.append(f"{name} {wanted[name]}: {version} and {other}")
        if wanted.get("rv_rising"):
            versions = [int(at(event, "/object/metadata/resourceVersion") or 0) for event in body]
            if versions != sorted(set(versions)):
                found.append(f"resourceVersions do not rise: {versions}")
        if "grants_nothing_on" in wanted:
            refused = {wanted["grants_nothing_on"], "*"}
            found += [
                f"grants {one}"
                for one in at(body, "/status/resourceRules") or ()
                if refused & set(one["resources"])
            ]
        return found


def recordings() -> list[Step]:
    """Every recorded step, in order."""
    files = (path for path in FOLDER.glob("*.jsonl") if path.name != _BETWEEN)
    return sorted((step for path in files for step in _lines(path)), key=lambda step: int(step["step"]))


def _lines(path: Path) -> Iterator[Step]:
    return map(orjson.loads, path.read_bytes().splitlines())


def at(value: Any, pointer: str) -> Any:
    """What a JSON pointer leads to, or None."""
    for key in filter(None, pointer.split("/")):
        if isinstance(value, list):
            value = value[int(key)] if int(key) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value


def _satisfies(value: Any, where: Step) -> bool:
    return all(at(value, pointer) == wanted for pointer, wanted in where.items())


def _body(answer: httpx.Response) -> Any:
    if "json" not in answer.headers.get("content-type", ""):
        return answer.text
    if "watch" in answer.url.params and answer.status_code == httpx.codes.OK:
        return [orjson.loads(line) for line in answer.text.splitlines()]
    return answer.json()


def _headers(recorded: Step, answer: httpx.Response) -> list[str]:
    found = []
    for name in ("Content-Type", "Warning", "Retry-After"):
        wanted, got = recorded.get(name, ""), answer.headers.get(name, "")
        if sorted(wanted.replace(" ", "").split(";")) != sorted(got.replace(" ", "").split(";")):
            found.append(f"header {name}: {got!r} is not {wanted!r}")
    return found

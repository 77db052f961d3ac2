"""The control API of a world through its adapter, over a real socket against the simulator's own."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from portal.adapters.switchboard import TAIL_BYTES, ControlApi
from portal.errors import RefusedError, Unreachable
from simulator.backends.serving import serve
from simulator.gateway.faults import Faults
from simulator.harness.control import Control

TOKEN = "control-token-of-this-test"
BACKEND = {
    "name": "cache",
    "tier": "embedded",
    "product": "Valkey",
    "version": "8",
    "stands_in_for": "Dragonfly",
}


@asynccontextmanager
async def _world(directory: Path) -> AsyncIterator[dict[str, str]]:
    """The facts of a control API with real rules and nothing behind it."""
    faults = Faults(7)

    def state() -> Mapping[str, Any]:
        told = [posted.as_json() for posted in faults.listed()]
        return {"run_dir": "/r", "seed": 7, "speed": 2.0, "backends": [BACKEND], "faults": told}

    async def nothing(*_: object) -> Mapping[str, Any]:
        return {}

    control = Control(TOKEN, faults, state, nothing, lambda: None, truth=nothing, reset=nothing)
    token, log = directory / "token", directory / "gateway.jsonl"
    token.write_text(TOKEN)
    log.touch()
    async with serve(control.app) as listener:
        yield {"control_url": listener.url, "control_token_file": str(token), "gateway_log": str(log)}


async def test_a_fault_is_put_in_seen_and_taken_out(tmp_path: Path) -> None:
    async with _world(tmp_path) as facts, ControlApi(facts) as board:
        added = await board.add(
            {"service": "ssm", "operation": "PutParameter", "action": "throttle", "nth": 2}
        )
        state = await board.state()
        assert [rule.id for rule in state.faults] == [added.id]
        assert (state.faults[0].at, state.faults[0].action) == ("ssm:PutParameter", "throttle")
        assert "nth=2" in state.faults[0].details
        assert (state.seed, state.speed, state.backends[0].stands_in_for) == (7, 2.0, "Dragonfly")
        await board.remove(added.id)
        await board.add({"service": "kube", "operation": "watch pods", "action": "cut"})
        await board.remove("")
        assert (await board.state()).faults == ()


async def test_what_is_no_rule_is_refused_in_the_words_of_the_world(tmp_path: Path) -> None:
    async with _world(tmp_path) as facts, ControlApi(facts) as board:
        with pytest.raises(RefusedError, match="This is no fault rule"):
            await board.add({"service": "mars", "operation": "Land", "action": "hang"})
        with pytest.raises(RefusedError, match="There is no fault rule"):
            await board.remove("nothing")


async def test_a_wrong_token_is_refused_and_never_told(tmp_path: Path) -> None:
    async with _world(tmp_path) as facts, ControlApi(facts) as board:
        Path(facts["control_token_file"]).write_text("another")
        with pytest.raises(RefusedError) as told:
            await board.state()
        assert "another" not in str(told.value)


async def test_a_world_that_ended_is_unreachable(tmp_path: Path) -> None:
    async with _world(tmp_path) as facts:
        pass
    async with ControlApi(facts) as board:
        with pytest.raises(Unreachable, match="does not answer"):
            await board.state()


async def test_the_last_calls_are_read_newest_first_and_half_a_line_is_left(tmp_path: Path) -> None:
    async with _world(tmp_path) as facts, ControlApi(facts) as board:
        rows = [
            {
                "t": f"2026-11-28T10:00:{number % 60:02}Z",
                "service": "ssm",
                "operation": f"Op{number}",
                "status": 200,
            }
            for number in range(2000)
        ]
        text = "\n".join(json.dumps({**row, "ms": 1.5, "caller": "portal"}) for row in rows)
        assert len(text) > TAIL_BYTES
        Path(facts["gateway_log"]).write_text(f'{text}\n{{"t": "half')
        calls = await board.calls(3)
        assert [call.operation for call in calls] == ["ssm:Op1999", "ssm:Op1998", "ssm:Op1997"]
        Path(facts["gateway_log"]).unlink()
        with pytest.raises(Unreachable, match="log of the gateway"):
            await board.calls(3)

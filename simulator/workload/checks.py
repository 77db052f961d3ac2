"""Which checks an environment asks for, and their latest results."""

import threading
from collections.abc import Callable, Mapping
from functools import partial

from simulator.workload.apart import apart
from simulator.workload.report import Check, CheckFailed, Result, Scrubber

JWT_NAMES = ("JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY", "JWT_KEY_ID")
CACHE_NAMES = (
    "DRAGONFLY_HOST",
    "DRAGONFLY_PORT",
    "DRAGONFLY_PASSWORD",
    "REDIS_HOST",
    "REDIS_PORT",
    "REDIS_PASSWORD",
    "endpoint",
)


def declared(env: Mapping[str, str]) -> list[Check]:
    """One check per thing the environment names; its client library is imported only then."""
    checks: list[Check] = []
    if any(name in env for name in JWT_NAMES):
        checks.append(Check("jwt", apart(partial(_jwt, env))))
    if "DATABASE_URL" in env:
        from simulator.workload import database  # noqa: PLC0415 - the client is paid for only when used

        checks.append(Check("database", partial(database.probe, env)))
    if any(name in env for name in CACHE_NAMES):
        from simulator.workload import cache  # noqa: PLC0415 - as above

        checks.append(Check("cache", partial(cache.probe, env)))
    return checks


def _jwt(env: Mapping[str, str]) -> str:
    """The keys are fixed for the life of the process, so they are tried once, beside the other imports."""
    from simulator.workload import tokens  # noqa: PLC0415 - imported in the child alone

    return tokens.probe(env)


class Board:
    """The latest result of every check; a change of one is told once to `say`."""

    def __init__(self, checks: list[Check], scrubber: Scrubber, say: Callable[[str], None]) -> None:
        self._checks = checks
        self._scrubber = scrubber
        self._say = say
        self._running = threading.Lock()
        self._results: dict[str, Result] = {
            c.name: Result(ok=False, detail="not checked yet") for c in checks
        }
        self._told: dict[str, str] = {}

    def refresh(self) -> None:
        """Run every check once; concurrent callers take turns."""
        with self._running:
            for check in self._checks:
                result = self._run(check)
                self._results[check.name] = result
                self._tell(check.name, result)

    def results(self) -> dict[str, Result]:
        return dict(self._results)

    def ready(self) -> bool:
        return all(result.ok for result in self._results.values())

    def _run(self, check: Check) -> Result:
        try:
            return Result(ok=True, detail=self._scrubber.clean(check.probe()))
        except CheckFailed as failure:
            return Result(ok=False, detail=self._scrubber.clean(str(failure)))
        except Exception as fault:  # noqa: BLE001 - a fault of a check is a failed check, never a dead service
            return Result(ok=False, detail=self._scrubber.clean(f"{type(fault).__name__}: {fault}"))

    def _tell(self, name: str, result: Result) -> None:
        told = "ok" if result.ok else f"failed: {result.detail}"
        if self._told.get(name) != told:
            self._told[name] = told
            self._say(f"check {name}: ok ({result.detail})" if result.ok else f"check {name} {told}")

"""Whether a value matches a parameter's AllowedPattern, found out by a process that can be ended.

Matching may take longer than anybody waits, and nothing else of this process could run meanwhile.
"""

import asyncio
import json
import re
import sys

from simulator.backends.environment import constructed
from simulator.ssm.parameters.refusals import Refusal

_SECONDS = 5.0
_PROGRAM = "import json, re, sys; sys.exit(not re.fullmatch(*json.load(sys.stdin)))"
_COMMAND = (sys.executable, "-I", "-S", "-c", _PROGRAM)


async def require(pattern: str, value: str) -> None:
    """Raise Refusal unless the whole value matches; every value matches no pattern.

    A pattern that takes too long is refused as one that is none: what AWS does then is not published.
    """
    if not pattern:
        return
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as exc:
        raise _invalid() from exc
    if not await _fits(pattern, value):
        raise Refusal(
            "ParameterPatternMismatchException",
            f"Parameter value, cannot be validated against allowedPattern: {pattern}",
        )


async def _fits(pattern: str, value: str) -> bool:
    """The value is written to the child's standard input, for arguments can be read by everybody."""
    child = await asyncio.create_subprocess_exec(
        *_COMMAND,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=constructed(),
    )
    try:
        async with asyncio.timeout(_SECONDS):
            await child.communicate(json.dumps([pattern, value]).encode())
    except TimeoutError:
        raise _invalid() from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return child.returncode == 0


def _invalid() -> Refusal:
    return Refusal(
        "InvalidAllowedPatternException", "The request doesn't meet the regular expression requirement."
    )

"""Credential plugins of a kubeconfig's user: run without a terminal, bounded in time and in what they say.

The client's own way of running them hides every failure and then calls as nobody; here each has its words.
"""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from portal.adapters.kube.failures import SYSTEM
from portal.core.objects.meta import moment, text
from portal.core.redaction import redact
from portal.errors import PrerequisiteError

_MOST_BYTES = 1 << 20
_PIECE = 1 << 16
# Somebody outside the plugin's session may hold its pipes open.
_END_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Credential:
    """What a plugin gave; `expires_at` is seconds since the epoch, None where it does not say."""

    token: str = ""
    certificate: str = ""
    key: str = ""
    expires_at: float | None = None


async def credential(config: Mapping[str, Any], seconds: float) -> Credential:
    """The credential of one run. Raises PrerequisiteError for a plugin that is missing, fails, is silent for
    `seconds`, or prints something else or without end.
    """
    name = str(config.get("command", ""))
    try:
        async with asyncio.timeout(seconds):
            status, output, talk = await _run(config)
    except FileNotFoundError as exc:
        hint = redact(str(config.get("installHint") or "")) or f"Install {name}, or use another context"
        raise _trouble(name, "is not installed", hint) from exc
    except TimeoutError as exc:
        raise _trouble(name, f"did not answer in {seconds:g} s", _login(name)) from exc
    except OSError as exc:
        raise _trouble(name, f"cannot be run: {exc.strerror}", "Look at users[].user.exec") from exc
    if status != 0:
        last = redact(talk.decode(errors="replace"), longest=200) or "without a word"
        raise _trouble(name, f"failed with status {status}: {last}", _login(name))
    return _read(name, output)


def _read(name: str, output: bytes) -> Credential:
    try:
        document = json.loads(output)
    except ValueError as exc:
        raise _trouble(name, "printed something else than a credential", _login(name)) from exc
    given = document.get("status") if isinstance(document, dict) else None
    found = Credential(
        text(given, "token"),
        text(given, "clientCertificateData"),
        text(given, "clientKeyData"),
        moment(given, "expirationTimestamp"),
    )
    if not found.token and not (found.certificate and found.key):
        raise _trouble(name, "gave neither a token nor a certificate with its key", _login(name))
    return found


async def _run(config: Mapping[str, Any]) -> tuple[int, bytes, bytes]:
    """Status, standard output and standard error; whatever is left of the plugin is killed."""
    name = str(config.get("command", ""))
    process = await _started(config)
    reading = [asyncio.ensure_future(_bounded(name, each)) for each in (process.stdout, process.stderr)]
    try:
        output, talk = await asyncio.gather(*reading)
        return await process.wait(), output, talk
    finally:
        for each in reading:
            each.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill it and its children, and let its pipes run dry, which closes them."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_END_SECONDS):
            await process.communicate()


async def _started(config: Mapping[str, Any]) -> asyncio.subprocess.Process:
    """A process in a session of its own, with nothing to read questions' answers from."""
    api = str(config.get("apiVersion", ""))
    asked = {"apiVersion": api, "kind": "ExecCredential", "spec": {"interactive": False}}
    given = {str(row["name"]): str(row["value"]) for row in config.get("env") or ()}
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            str(config.get("command", "")),
            *(str(word) for word in config.get("args") or ()),
            env={**os.environ, **given, "KUBERNETES_EXEC_INFO": json.dumps(asked)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError):
            await _end(await starting)
        raise


async def _bounded(name: str, stream: asyncio.StreamReader | None) -> bytes:
    said = b""
    while stream is not None and (piece := await stream.read(_PIECE)):
        said += piece
        if len(said) > _MOST_BYTES:
            raise _trouble(name, f"printed more than {_MOST_BYTES} bytes", "Look at users[].user.exec")
    return said


def _trouble(name: str, what: str, hint: str) -> PrerequisiteError:
    return PrerequisiteError(
        f"the kubeconfig's credential plugin {redact(name, longest=80)} {what}", system=SYSTEM, hint=hint
    )


def _login(name: str) -> str:
    """What logs a person in, by the plugin they use."""
    known = {"aws": "aws sso login", "gke-gcloud-auth-plugin": "gcloud auth login", "kubelogin": "az login"}
    command = known.get(PurePath(name).name)
    return f"Login needed: `{command}`" if command else "Login needed: log in as you do for kubectl"

"""`fault add|list|remove` and `up --faults`: the rules of a running world's gateway."""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simulator.harness.remote import NoAnswer, call
from simulator.harness.selection import Refusal, the_run
from simulator.harness.talk import put, say

OPTIONS: tuple[tuple[str, Callable[[str], object], str], ...] = (
    ("caller", str, "a glob: portal, argocd, external-secrets, kubelet, ..."),
    ("nth", int, "strike the n-th matching call, counted from 1"),
    ("times", int, "strike that many calls"),
    ("probability", float, "strike with this chance, from 0 to 1"),
    ("seconds", float, "of latency, before a cut, or of Retry-After; simulated"),
    ("status", int, "the status of the answer (default: 503)"),
    ("code", str, "the error code of the answer, in the API's terms"),
    ("message", str, "the error message of the answer"),
    ("body", str, "a raw body in place of the API's error"),
)


def add(arguments: argparse.Namespace) -> int:
    """Print the id of each rule added; those of a file are added together or not at all."""
    if arguments.file is not None:
        if arguments.target is not None:
            raise Refusal("Give a rule or a file of them, not both.")
        answer = _call(arguments, "POST", "/faults", {"faults": of_file(arguments.file)})
    else:
        answer = {"faults": [_call(arguments, "POST", "/faults", _rule(arguments))]}
    for each in answer["faults"]:
        put(each["id"])
    return 0


def of_file(path: Path) -> list[dict[str, Any]]:
    """The rules of a YAML file, as the control API takes them; raises Refusal, which tells lines."""
    from simulator.gateway.faultfile import InvalidFile, read  # noqa: PLC0415 - YAML only where it is read

    try:
        rules = read(path.read_text(encoding="utf-8"), str(path))
    except OSError as exc:
        raise Refusal(f"The fault file {path} cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise Refusal(f"The fault file {path} is not UTF-8 text.") from exc
    except InvalidFile as exc:
        raise Refusal(str(exc)) from exc
    return [{name: value for name, value in asdict(each).items() if value is not None} for each in rules]


def _rule(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.target is None or arguments.action is None:
        raise Refusal("A rule needs SERVICE:OPERATION and ACTION, or give a file of rules with -f.")
    service, colon, operation = arguments.target.partition(":")
    if not colon:
        raise Refusal(
            f"{arguments.target!r} is not SERVICE:OPERATION, such as ssm:PutParameter or kube:'watch pods'."
        )
    options = {name: getattr(arguments, name) for name, _, _ in OPTIONS}
    given = {name: value for name, value in options.items() if value is not None}
    return {"service": service, "operation": operation, "action": arguments.action, **given}


def show(arguments: argparse.Namespace) -> int:
    rules = _call(arguments, "GET", "/faults")["faults"]
    if arguments.json:
        put(json.dumps({"faults": rules}))
        return 0
    if not rules:
        say("No rule is in force.")
    for rule in rules:
        put(line(rule))
    return 0


def line(rule: dict[str, Any]) -> str:
    """A rule as people read it."""
    told = {name: value for name, value in rule.items() if name not in _NAMED}
    details = " ".join(f"{name}={value}" for name, value in told.items())
    return f"{rule['id']}  {rule['service']}:{rule['operation']}  {rule['action']}  {details}"


_NAMED = frozenset({"id", "service", "operation", "action", "idle"})


def remove(arguments: argparse.Namespace) -> int:
    """Say of each rule that never struck that it did not."""
    gone = _call(arguments, "DELETE", "/faults" if arguments.all else f"/faults/{arguments.id}")
    for rule in gone["faults"]:
        if rule["idle"]:
            say(rule["idle"])
    return 0


def _call(
    arguments: argparse.Namespace, method: str, path: str, body: object | None = None
) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = call(the_run(arguments.run_dir), method, path, body)
    except NoAnswer as exc:
        raise Refusal(str(exc)) from exc
    return answer

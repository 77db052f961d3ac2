"""`fault add|list|remove`: the rules of a running world's gateway."""

import argparse
import json
from collections.abc import Callable
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
    service, colon, operation = arguments.target.partition(":")
    if not colon:
        raise Refusal(
            f"{arguments.target!r} is not SERVICE:OPERATION, such as ssm:PutParameter or kube:'watch pods'."
        )
    options = {name: getattr(arguments, name) for name, _, _ in OPTIONS}
    given = {name: value for name, value in options.items() if value is not None}
    document = {"service": service, "operation": operation, "action": arguments.action, **given}
    put(_call(arguments, "POST", "/faults", document)["id"])
    return 0


def show(arguments: argparse.Namespace) -> int:
    rules = _call(arguments, "GET", "/faults")["faults"]
    if arguments.json:
        put(json.dumps({"faults": rules}))
        return 0
    if not rules:
        say("No rule is in force.")
    for rule in rules:
        told = {
            name: value
            for name, value in rule.items()
            if name not in {"id", "service", "operation", "action"}
        }
        details = " ".join(f"{name}={value}" for name, value in told.items())
        put(f"{rule['id']}  {rule['service']}:{rule['operation']}  {rule['action']}  {details}")
    return 0


def remove(arguments: argparse.Namespace) -> int:
    _call(arguments, "DELETE", "/faults" if arguments.all else f"/faults/{arguments.id}")
    return 0


def _call(
    arguments: argparse.Namespace, method: str, path: str, body: object | None = None
) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = call(the_run(arguments.run_dir), method, path, body)
    except NoAnswer as exc:
        raise Refusal(str(exc)) from exc
    return answer

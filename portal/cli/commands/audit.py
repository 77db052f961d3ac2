"""The audit trail of this machine, verified: who did what to which version, when and why."""

import argparse
from collections.abc import Sequence

from portal.bootstrap import services
from portal.cli.call import Call, tenant_key
from portal.cli.diagnostics import ExitCode
from portal.core.audit import AuditEntry, Outcome

EXAMPLES = """examples:
  portal audit
  portal audit identity-service/dev
  portal audit -o json | jq '.entries[] | select(.action == "reveal")'

The last line's hash stands for the whole trail: noted elsewhere, it proves later that nothing was changed.
exit code: 0 the chain is whole, 1 it is not, and nothing is revealed or changed until it is put aside"""
SIGNS = {Outcome.INTENT: "…", Outcome.DONE: "✔", Outcome.FAILED: "✖"}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tenant", metavar="TENANT", nargs="?", help="SERVICE/ENVIRONMENT; all unless said")


async def run(call: Call) -> ExitCode:
    wanted = str(tenant_key(call.args.tenant)) if call.args.tenant else None
    async with services(call.settings()) as world:
        entries = await world.audit.entries()
    shown = [entry for entry in entries if wanted in {None, entry.event.tenant}]
    head = entries[-1].hash if entries else ""
    if call.wants_table:
        call.out.table(["", "WHEN", "WHO", "ACTION", "TARGET", "VERSION", "WHY"], list(map(_row, shown)))
        call.talk.note(
            f"{len(entries)} lines, the chain is whole; its head is {head}"
            if entries
            else "nothing was done yet"
        )
    else:
        call.out.document({"lines": len(entries), "head": head, "entries": list(map(_document, shown))})
    return ExitCode.DONE


def _row(entry: AuditEntry) -> Sequence[str]:
    event = entry.event
    version = str(event.version) if event.version else "-"
    at = f"{event.at[:19]}Z"
    return (SIGNS[event.outcome], at, entry.who, event.action, event.target, version, event.reason)


def _document(entry: AuditEntry) -> dict[str, object]:
    event = entry.event
    return {
        "number": entry.number,
        "at": event.at,
        "who": entry.who,
        "run": event.run,
        "tenant": event.tenant,
        "action": event.action,
        "target": event.target,
        "outcome": event.outcome.value,
        "version": event.version or None,
        "reason": event.reason,
        "hash": entry.hash,
    }

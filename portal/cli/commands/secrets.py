"""The secrets of a tenant: what stands in Parameter Store, whether the cluster has it, and how it changed."""

import argparse
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from portal.bootstrap import services
from portal.cli import pushing, revealing
from portal.cli.call import Call, tenant_key
from portal.cli.diagnostics import ExitCode
from portal.cli.options import actions
from portal.core.comparing import Compared, Match
from portal.core.pushing import key_of
from portal.core.wording import age
from portal.engine.tenant_secrets import Drift, Held, compare, history, overview
from portal.errors import UsageError

EXAMPLES = """examples:
  portal secrets list identity-service/dev           versions, ages, drift; reads no value
  portal secrets compare identity-service/dev        Parameter Store against the cluster: same or differs
  portal secrets push identity-service/dev DEV_OPENAI_API_KEY
  portal secrets push identity-service/dev < values  KEY=value lines
  portal secrets history identity-service/dev openai_api_key
  portal secrets reveal identity-service/dev database_url --reason 'incident 42'

exit code of list and compare: 0 all agree, 3 something differs or is missing, 4 could not tell"""

SIGNS = {
    Drift.CURRENT: "✔",
    Drift.BEHIND: "!",
    Drift.ABSENT: "✖",
    Drift.UNUSED: "·",
    Drift.UNKNOWN: "?",
    Match.SAME: "✔",
    Match.DIFFERS: "✖",
    Match.UNKNOWN: "?",
}
"""An absent value is the same word in both."""
STOPPING = pushing.STOPPING
STOPPED = pushing.STOPPED


def configure(parser: argparse.ArgumentParser) -> None:
    action = actions(parser)
    listed = action("list", "versions, ages and drift, from metadata alone")
    pushed = action("push", "write values from stdin or the environment; replaces nothing unasked")
    compared = action("compare", "Parameter Store against the Secrets of the cluster, without showing either")
    told = action("history", "who wrote which version when")
    revealed = action("reveal", "show one value for 30 seconds; needs a reason and is audited")
    for sub in (listed, pushed, compared, told, revealed):
        sub.add_argument("tenant", metavar="TENANT", help="SERVICE/ENVIRONMENT, e.g. identity-service/dev")
    told.add_argument("key", metavar="KEY", nargs="?", default="", help="one key; all unless said")
    pushing.configure(pushed)
    revealing.configure(revealed)


async def run(call: Call) -> ExitCode:
    chosen: dict[str, Callable[[Call], Awaitable[ExitCode]]] = {
        "list": _list,
        "push": pushing.run,
        "compare": _compare,
        "history": _history,
        "reveal": revealing.run,
    }
    return await chosen[call.args.action](call)


async def _list(call: Call) -> ExitCode:
    tenant = tenant_key(call.args.tenant)
    async with services(call.settings()) as world:
        rows = await overview(world, tenant)
    if call.wants_table:
        call.out.table(["", "KEY", "VERSION", "TYPE", "CHANGED", "CLUSTER", "DETAIL"], list(map(_held, rows)))
    else:
        call.out.document([_held_document(row) for row in rows])
    if not rows:
        call.talk.note(f"{tenant} has no secrets")
    states = {row.drift for row in rows}
    if states & {Drift.BEHIND, Drift.ABSENT}:
        return ExitCode.NOT_HEALTHY
    return ExitCode.UNKNOWN if Drift.UNKNOWN in states else ExitCode.DONE


def _held(row: Held) -> Sequence[str]:
    version = str(row.version) if row.version else "-"
    return (
        SIGNS[row.drift],
        row.key,
        version,
        row.type or "-",
        age(row.age_seconds),
        row.drift.value,
        row.detail,
    )


def _held_document(row: Held) -> dict[str, object]:
    seconds = row.age_seconds
    return {
        "key": row.key,
        "parameter": row.parameter,
        "version": row.version or None,
        "type": row.type,
        "age_seconds": None if seconds is None else round(seconds, 1),
        "drift": row.drift.value,
        "secret": row.secret,
        "detail": row.detail,
    }


async def _compare(call: Call) -> ExitCode:
    tenant = tenant_key(call.args.tenant)
    async with services(call.settings()) as world:
        rows = await compare(world, tenant)
    if call.wants_table:
        call.out.table(["", "KEY", "VERSION", "SECRET", "VALUE", "DETAIL"], list(map(_compared, rows)))
    else:
        call.out.document([_compared_document(row) for row in rows])
    results = {row.match for row in rows}
    if results & {Match.DIFFERS, Match.ABSENT}:
        return ExitCode.NOT_HEALTHY
    return ExitCode.UNKNOWN if Match.UNKNOWN in results else ExitCode.DONE


def _compared(row: Compared) -> Sequence[str]:
    version = str(row.version) if row.version else "-"
    return (
        SIGNS[row.match],
        row.key,
        version,
        row.secret or "the key pair itself",
        row.match.value,
        row.detail,
    )


def _compared_document(row: Compared) -> dict[str, object]:
    return {
        "key": row.key,
        "parameter": row.parameter,
        "version": row.version or None,
        "secret": row.secret,
        "match": row.match.value,
        "detail": row.detail,
    }


async def _history(call: Call) -> ExitCode:
    tenant = tenant_key(call.args.tenant)
    async with services(call.settings()) as world:
        found = await history(world, tenant, call.args.key)
    if not found:
        what = call.args.key or "secrets"
        raise UsageError(f"{tenant} has no {what}", hint=f"See portal secrets list {tenant}")
    rows = [(name, version) for name, versions in found.items() for version in reversed(versions)]
    if call.wants_table:
        cells = [
            (
                name.rpartition("/")[2],
                str(v.version),
                _time(v.modified_at),
                v.modified_by,
                ", ".join(v.labels),
            )
            for name, v in rows
        ]
        call.out.table(["KEY", "VERSION", "WRITTEN", "BY", "LABELS"], cells)
    else:
        call.out.document(
            [
                {
                    "key": key_of(name),
                    "parameter": name,
                    "version": v.version,
                    "written_at": _time(v.modified_at),
                    "written_by": v.modified_by,
                    "labels": list(v.labels),
                }
                for name, v in rows
            ]
        )
    return ExitCode.DONE


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")

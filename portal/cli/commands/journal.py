"""Work that was begun on this machine and is not finished: what is done, what comes next, what to type."""

import argparse

from portal.bootstrap import services
from portal.cli.call import Call, tenant_key
from portal.cli.diagnostics import ExitCode
from portal.core.plan import Operation
from portal.core.wording import plain
from portal.engine.onboard import Outlook, outlooks

EXAMPLES = """examples:
  portal journal
  portal journal identity-service/dev
  portal journal -o json | jq -r '.[].command'

exit code: 0 nothing is unfinished, 3 something is, 4 a journal cannot be read"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tenant", metavar="TENANT", nargs="?", help="SERVICE/ENVIRONMENT; all unless said")


async def run(call: Call) -> ExitCode:
    wanted = tenant_key(call.args.tenant) if call.args.tenant else None
    async with services(call.settings()) as world:
        found = [each for each in await outlooks(world.journal) if wanted in {None, each.tenant}]
    if not call.wants_table:
        call.out.document([_document(each) for each in found])
    elif found:
        for each in found:
            call.out.lines(_lines(each))
    else:
        call.talk.note("nothing is unfinished on this machine")
    if any(each.error for each in found):
        return ExitCode.UNKNOWN
    return ExitCode.NOT_HEALTHY if found else ExitCode.DONE


def _lines(outlook: Outlook) -> list[str]:
    head = f"{outlook.tenant}"
    if outlook.error:
        return [f"{head}  ? {plain(outlook.error.cause)}", f"  do:   {plain(outlook.error.hint)}"]
    work = outlook.work
    if work is None:
        return []
    state = "… a process works on it now" if outlook.running else "✖ unfinished"
    if work.operation is not Operation.ONBOARD:
        head = " ".join(word for word in (head, work.operation, work.subject) if word)
    lines = [f"{head}  {state}", f"  since {work.since}, last word {work.last}"]
    lines += [f"  done: {', '.join(work.done)}"] if work.done else []
    lines += [f"  in doubt, looked at first: {', '.join(work.doubtful)}"] if work.doubtful else []
    lines += [f"  failed: {plain(work.failed)}"] if work.failed else []
    lines += [f"  next: {work.next}"] if work.next else []
    return lines if outlook.running else [*lines, f"  do:   {_command(outlook)}"]


def _command(outlook: Outlook) -> str:
    if outlook.running or outlook.work is None:
        return ""
    work = outlook.work
    if work.operation is not Operation.ONBOARD:
        return " ".join(
            word for word in ("portal", work.operation, str(outlook.tenant), work.subject) if word
        )
    if work.spec is None:
        return f"portal apply -f service.yaml -e {outlook.tenant.environment}"
    return f"portal apply --resume {outlook.tenant}"


def _document(outlook: Outlook) -> dict[str, object]:
    work = outlook.work
    return {
        "tenant": str(outlook.tenant),
        "operation": str(work.operation) if work else "",
        "subject": work.subject if work else "",
        "state": "unreadable" if outlook.error else "running" if outlook.running else "unfinished",
        "since": work.since if work else None,
        "last": work.last if work else None,
        "done": list(work.done) if work else [],
        "in_doubt": list(work.doubtful) if work else [],
        "failed": work.failed if work else "",
        "next": work.next if work else "",
        "command": _command(outlook),
        "error": str(outlook.error) if outlook.error else "",
    }

"""What the portal depends on: settings, tools, credentials and their rights, versions, clocks, leftovers."""

import argparse

from portal.bootstrap import leftovers, services, tools
from portal.cli.call import Call
from portal.cli.diagnostics import ExitCode
from portal.engine.examine import examine
from portal.engine.finding import Finding, Outcome

EXAMPLES = """examples:
  portal doctor
  portal doctor --leftovers     what rehearsals left: processes, directories, containers

exit code: 0 all good or a warning, 1 something is wrong, 4 something could not be told"""
SIGNS = {Outcome.GOOD: "✔", Outcome.WARNING: "!", Outcome.BAD: "✖", Outcome.UNKNOWN: "?"}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--leftovers", action="store_true", help="only look for what rehearsals left behind")


async def run(call: Call) -> ExitCode:
    if call.args.leftovers:
        findings = await leftovers(call.environ)
        return _show(call, findings)
    settings = call.settings()
    origins = [
        Finding(key, Outcome.GOOD, f"from {origin}") for key, origin in sorted(settings.provenance.items())
    ]
    async with services(settings) as world:
        findings = (*origins, *tools(), *await examine(world))
    return _show(call, findings)


def _show(call: Call, findings: tuple[Finding, ...]) -> ExitCode:
    if call.wants_table:
        rows = [
            [SIGNS[f.outcome], f.subject, f"{f.detail}. {f.hint}" if f.hint else f.detail] for f in findings
        ]
        call.out.table(["", "CHECK", "FINDING"], rows)
    else:
        call.out.document(
            [
                {"check": f.subject, "outcome": f.outcome.value, "detail": f.detail, "hint": f.hint}
                for f in findings
            ]
        )
    outcomes = {finding.outcome for finding in findings}
    if Outcome.BAD in outcomes:
        return ExitCode.FAILED
    return ExitCode.UNKNOWN if Outcome.UNKNOWN in outcomes else ExitCode.DONE

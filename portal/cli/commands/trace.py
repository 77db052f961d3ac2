"""Every hop of one tenant from git to running pod; the earliest broken one with its cause and its fix."""

import argparse

from portal.bootstrap import services
from portal.cli.call import Call, tenant_key
from portal.cli.diagnostics import ExitCode, health_code
from portal.core.chain import Verdict
from portal.core.report import tenant_document
from portal.core.wording import age, plain, sign

EXAMPLES = """examples:
  portal trace identity-service/dev
  portal trace identity-service/dev -o json | jq '.broken_hop, .fix'

exit code: 0 healthy, 3 not healthy, 4 could not tell"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tenant", metavar="TENANT", help="SERVICE/ENVIRONMENT, e.g. identity-service/dev")


async def run(call: Call) -> ExitCode:
    tenant = tenant_key(call.args.tenant)
    async with services(call.tenant_settings()) as world:
        verdict = await world.status.verdict(tenant)
    if call.wants_table:
        call.out.lines(trace_lines(verdict))
    else:
        call.out.document(tenant_document(verdict))
    return health_code((verdict,))


def trace_lines(verdict: Verdict) -> list[str]:
    """The chain as text: one line a hop, its cause below it, and the fix at the end."""
    lines = [f"{verdict.tenant}  {sign(verdict.state)} {verdict.state}", ""]
    for hop in verdict.hops:
        lines.append(
            f"{hop.number:>2} {sign(hop.state)} {hop.name:<17} {hop.state:<12} "
            f"{hop.source:<11} {age(hop.age_seconds)}"
        )
        lines += [f"     {plain(text)}" for text in (hop.cause, hop.detail) if text]
    if verdict.cause:
        lines += ["", f"cause: {plain(verdict.cause)}"]
    if verdict.fix:
        lines += [f"fix:   {plain(verdict.fix)}"]
    return lines

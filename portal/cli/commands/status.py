"""Verdict per tenant: healthy, progressing, degraded, broken or unknown, with the earliest broken hop."""

import argparse
from contextlib import aclosing
from functools import partial

from portal.bootstrap import services
from portal.cli.call import Call, environment_named, tenant_key
from portal.cli.diagnostics import ExitCode, health_code
from portal.cli.measures import measures, measures_table
from portal.cli.wait import seconds_of, wait
from portal.core.chain import FleetView, HopState
from portal.core.facets import Freshness, Source, TenantKey
from portal.core.report import fleet_document
from portal.core.wording import sign, source_line
from portal.engine.world import Ports
from portal.errors import UsageError

EXAMPLES = """examples:
  portal status                            every tenant
  portal status identity-service/dev -o json
  portal status -e dev --watch             follow; one JSON line a change with -o json
  portal status identity-service/dev --wait --for healthy --timeout 5m
  portal status --orphans                  parameters, roles and databases no tenant claims
  portal status --stats                    what it took to know that

exit code: 0 all healthy, 3 not healthy, 4 could not tell"""
# Tenants are known by their folder in the repository or their Application in the cluster.
NAMING = (Source.GIT, Source.KUBERNETES)
WORST_FIRST = (HopState.BROKEN, HopState.DEGRADED, HopState.UNKNOWN, HopState.PROGRESSING, HopState.HEALTHY)
WAIT_FOR, TIMEOUT = HopState.HEALTHY.value, "5m"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "tenants", metavar="TENANT", nargs="*", help="SERVICE/ENVIRONMENT; all when none is given"
    )
    parser.add_argument("-e", "--environment", metavar="ENV", default="", help="only this environment")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--watch", action="store_true", help="follow changes until ^C")
    ways.add_argument("--wait", action="store_true", help="until every tenant has the state of --for")
    ways.add_argument("--orphans", action="store_true", help="what no tenant claims, instead of verdicts")
    parser.add_argument(
        "--for", dest="wait_for", choices=[state.value for state in HopState], help=f"default: {WAIT_FOR}"
    )
    parser.add_argument("--timeout", metavar="TIME", help=f"of --wait, as 90s, 5m or 1h; default: {TIMEOUT}")
    parser.add_argument("--stats", action="store_true", help="what it took, instead of verdicts")


async def run(call: Call) -> ExitCode:
    wanted = frozenset(tenant_key(text) for text in call.args.tenants)
    environment = environment_named(call.args.environment) if call.args.environment else ""
    _check(call)
    narrow = partial(_narrowed, wanted=wanted, environment=environment)
    async with services(call.tenant_settings()) as world:
        if call.args.watch:
            async with aclosing(world.status.changes()) as views:
                async for view in views:
                    _follow(call, world, narrow(view))
                    if call.out.gone:
                        break
            return ExitCode.DONE
        if call.args.wait:
            view, code = await wait(call, world, wanted, narrow)
            _print(call, world, view)
            return code
        some = wanted and not call.args.orphans
        view = narrow(await (world.status.some(wanted) if some else world.status.snapshot()))
        _print(call, world, view)
    if call.args.orphans:
        return _unclaimed(call, view)
    return _conclude(call, view, wanted - {verdict.tenant for verdict in view.tenants})


def _check(call: Call) -> None:
    """What only waiting takes is refused elsewhere; there it has its defaults."""
    args = call.args
    if not args.wait and (args.wait_for or args.timeout):
        raise UsageError("--for and --timeout say how long --wait waits, and for what")
    args.wait_for, args.timeout = args.wait_for or WAIT_FOR, args.timeout or TIMEOUT
    seconds_of(args.timeout)


def _unclaimed(call: Call, view: FleetView) -> ExitCode:
    """Nothing is told as unclaimed by a source that could not be read: then nobody can tell."""
    read = all(source.state is Freshness.LIVE for source in view.sources)
    if not read:
        call.talk.note("not every source could be read, so there may be more")
    if view.orphans:
        return ExitCode.NOT_HEALTHY
    if read:
        call.talk.note("every parameter, role and database seen belongs to a tenant")
    return ExitCode.DONE if read else ExitCode.UNKNOWN


def _conclude(call: Call, view: FleetView, missing: frozenset[TenantKey]) -> ExitCode:
    """Absence is believed only when every source that names tenants was read."""
    told = all(source.state is Freshness.LIVE for source in view.sources if source.name in NAMING)
    for tenant in sorted(missing, key=str):
        where = "is not in the tenants repository; `portal plan` shows how to onboard it"
        call.talk.note(f"{tenant} {where if told else 'was not seen, but not every source could be read'}")
    if not view.tenants and not missing:
        empty = "no tenants yet; `portal plan -f service.yaml` shows how to onboard one"
        call.talk.note(empty if told else "no tenants were seen, but not every source could be read")
    worst = health_code(view.tenants)
    if worst is ExitCode.NOT_HEALTHY or (missing and told):
        return ExitCode.NOT_HEALTHY
    return worst if told else ExitCode.UNKNOWN


def _narrowed(view: FleetView, wanted: frozenset[TenantKey], environment: str) -> FleetView:
    kept = [
        verdict
        for verdict in view.tenants
        if (not wanted or verdict.tenant in wanted)
        and (not environment or verdict.tenant.environment == environment)
    ]
    kept.sort(key=lambda verdict: (WORST_FIRST.index(verdict.state), str(verdict.tenant)))
    orphans = [
        orphan
        for orphan in view.orphans
        if orphan.environment == environment or (not environment and not wanted)
    ]
    return FleetView(view.generated_at, view.sources, tuple(kept), tuple(orphans))


def _follow(call: Call, world: Ports, view: FleetView) -> None:
    """A table takes the place of the one before where a person looks at it."""
    if call.wants_table:
        call.out.clear()
        _print(call, world, view)
    elif call.args.stats:
        call.out.event(measures(world, view))
    else:
        call.out.event(fleet_document(view))


def _print(call: Call, world: Ports, view: FleetView) -> None:
    if call.args.stats:
        found = measures(world, view)
        measures_table(call.out, found) if call.wants_table else call.out.document(found)
    elif call.args.orphans:
        _print_orphans(call, view)
    elif not call.wants_table:
        call.out.document(fleet_document(view))
    else:
        rows = [
            [str(v.tenant), f"{sign(v.state)} {v.state}", v.broken_hop or "-", v.cause or "-"]
            for v in view.tenants
        ]
        call.out.table(["TENANT", "STATE", "HOP", "CAUSE"], rows)
        call.out.lines(["", "  ".join(source_line(source) for source in view.sources)])


def _print_orphans(call: Call, view: FleetView) -> None:
    rows = [[o.environment, o.kind, o.name, o.why, o.look] for o in view.orphans]
    header = ["environment", "kind", "name", "why", "look"]
    if call.wants_table:
        call.out.table([word.upper() for word in header], rows)
    else:
        call.out.document([dict(zip(header, row, strict=True)) for row in rows])

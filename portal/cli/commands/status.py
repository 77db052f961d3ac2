"""Verdict per tenant: healthy, progressing, degraded, broken or unknown, with the earliest broken hop."""

import argparse
from contextlib import aclosing

from portal.bootstrap import services
from portal.cli.call import Call, environment_named, tenant_key
from portal.cli.diagnostics import ExitCode, health_code
from portal.core.chain import FleetView, HopState
from portal.core.facets import Freshness, Source, TenantKey
from portal.core.report import fleet_document
from portal.core.wording import sign, source_line

EXAMPLES = """examples:
  portal status                            every tenant
  portal status identity-service/dev -o json
  portal status -e dev --watch             follow; one JSON line a change with -o json

exit code: 0 all healthy, 3 not healthy, 4 could not tell"""
# Tenants are known by their folder in the repository or their Application in the cluster.
NAMING = (Source.GIT, Source.KUBERNETES)
WORST_FIRST = (HopState.BROKEN, HopState.DEGRADED, HopState.UNKNOWN, HopState.PROGRESSING, HopState.HEALTHY)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "tenants", metavar="TENANT", nargs="*", help="SERVICE/ENVIRONMENT; all when none is given"
    )
    parser.add_argument("-e", "--environment", metavar="ENV", default="", help="only this environment")
    parser.add_argument("--watch", action="store_true", help="follow changes until ^C")


async def run(call: Call) -> ExitCode:
    wanted = frozenset(tenant_key(text) for text in call.args.tenants)
    environment = environment_named(call.args.environment) if call.args.environment else ""
    async with services(call.tenant_settings()) as world:
        if call.args.watch:
            async with aclosing(world.status.changes()) as views:
                async for view in views:
                    _follow(call, _narrowed(view, wanted, environment))
                    if call.out.gone:
                        break
            return ExitCode.DONE
        looked = await (world.status.some(wanted) if wanted else world.status.snapshot())
        view = _narrowed(looked, wanted, environment)
    _print(call, view)
    return _conclude(call, view, wanted - {verdict.tenant for verdict in view.tenants})


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
    return FleetView(view.generated_at, view.sources, tuple(kept))


def _follow(call: Call, view: FleetView) -> None:
    if call.wants_table:
        call.out.lines([""])
        _print(call, view)
    else:
        call.out.event(fleet_document(view))


def _print(call: Call, view: FleetView) -> None:
    if not call.wants_table:
        call.out.document(fleet_document(view))
        return
    rows = [
        [str(v.tenant), f"{sign(v.state)} {v.state}", v.broken_hop or "-", v.cause or "-"]
        for v in view.tenants
    ]
    call.out.table(["TENANT", "STATE", "HOP", "CAUSE"], rows)
    call.out.lines(["", "  ".join(source_line(source) for source in view.sources)])

"""Take over a tenant that was made by hand: its parameters get the portal's tags, its folder a service.yaml.
Values and other files stay as they are; `portal plan` then shows what an onboarding would change.
"""

import argparse

from portal.bootstrap import read_services, services
from portal.cli.call import Call, environment_named, tenant_key, with_repository
from portal.cli.commands.plan import pending, show, spec_arguments
from portal.cli.consent import consent_arguments, consented
from portal.cli.diagnostics import ExitCode
from portal.cli.following import conclude, progress_of
from portal.core.spec import ServiceSpec
from portal.engine.adopt import adopt, plan_adoption
from portal.engine.rotate.observe import tenant_in_git
from portal.engine.world import Ports
from portal.errors import UsageError

EXAMPLES = """examples:
  portal adopt identity-service/dev                 parameters of a tenant whose service.yaml is in git
  portal adopt -f service.yaml -e dev               a folder that has none yet
  portal adopt identity-service/dev --plan          only shows"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tenant", metavar="TENANT", nargs="?", help="SERVICE/ENVIRONMENT; or give -f and -e")
    spec_arguments(parser)
    parser.add_argument("--plan", action="store_true", dest="only_plan", help="show what would be done, only")
    consent_arguments(parser)


async def run(call: Call) -> ExitCode:
    if bool(call.args.tenant) == bool(call.args.file) or len(call.args.file) > 1:
        raise UsageError("give either a TENANT or one -f service.yaml", hint="See `portal adopt --help`")
    settings = with_repository(call.settings() if call.args.only_plan else call.settings(change="adopt"))
    async with services(settings) as world:
        if not call.args.only_plan:
            await world.audit.ready()
        spec, environment = await _asked(call, world)
        plan = await plan_adoption(world, spec, environment)
        if call.args.only_plan or call.wants_table:
            show(call, [plan])
        if call.args.only_plan:
            return pending(plan)
        if not await consented(call, settings, [plan], "Take this over?"):
            call.talk.note("nothing was done")
            return ExitCode.INTERRUPTED
        begun = world.clock.monotonic()
        changed = await adopt(world, plan, progress_of(call))
    conclude(call, plan, changed, world.clock.monotonic() - begun)
    return ExitCode.DONE


async def _asked(call: Call, world: Ports) -> tuple[ServiceSpec, str]:
    if call.args.file:
        return read_services(call.args.file)[0], environment_named(call.args.environment)
    tenant = tenant_key(call.args.tenant)
    _, spec = await tenant_in_git(world, tenant)
    return spec, tenant.environment

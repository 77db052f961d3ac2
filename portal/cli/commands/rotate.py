"""Replace one credential of a tenant. The new one is recorded first and proven in running pods, then the old
one ends; pods hold one that works all the time. KEY is `database`, `jwt`, or a key of the service's secrets.
"""

import argparse

from portal.bootstrap import services
from portal.cli.call import Call, tenant_key, with_repository
from portal.cli.commands.plan import pending, show
from portal.cli.consent import consent_arguments, consented
from portal.cli.diagnostics import ExitCode
from portal.cli.following import conclude, progress_of, values_for
from portal.engine.rotate import plan_rotation, rotate

EXAMPLES = """examples:
  portal rotate identity-service/dev database       shows the plan, asks, does it
  portal rotate identity-service/dev jwt            next key published, then signing, then the old one gone
  portal rotate identity-service/dev jwt --now      no overlap: for a key that leaked
  portal rotate identity-service/dev openai_api_key the new value is asked for
  portal rotate identity-service/dev database --plan   only shows

After a crash or ^C the same command goes on where it stopped, on any machine."""
STOPPING = "stopping after the present step; once more stops now"
STOPPED = "stopped; what was done is recorded, the same command goes on from here"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tenant", metavar="TENANT", help="SERVICE/ENVIRONMENT, e.g. identity-service/dev")
    parser.add_argument("key", metavar="KEY", help="database, jwt, or a secret's key")
    parser.add_argument("--now", action="store_true", help="jwt: the old key ends at once, without overlap")
    parser.add_argument("--plan", action="store_true", dest="only_plan", help="show what would be done, only")
    consent_arguments(parser)


async def run(call: Call) -> ExitCode:
    tenant = tenant_key(call.args.tenant)
    settings = with_repository(call.settings() if call.args.only_plan else call.settings(change="rotate"))
    async with services(settings) as world:
        if not call.args.only_plan:
            await world.audit.ready()
        plan = await plan_rotation(world, tenant, call.args.key, overlap=not call.args.now)
        if call.args.only_plan or call.wants_table:
            show(call, [plan])
        if call.args.only_plan:
            return pending(plan)
        if not await consented(call, settings, [plan], "Rotate this?"):
            call.talk.note("nothing was done")
            return ExitCode.INTERRUPTED
        inputs = await values_for(call, world, [plan])
        done = await rotate(world, plan, inputs, progress_of(call))
    conclude(call, plan, done.changed, done.seconds)
    return ExitCode.DONE

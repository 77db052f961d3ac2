"""Take a tenant down: git first, then the cluster, then its parameters, whose last values are kept, and its
database last. What the portal did not make is left. The tenant's name has to be typed.
"""

import argparse

from portal.bootstrap import services
from portal.cli.call import Call, tenant_key, with_repository
from portal.cli.commands.plan import pending, show
from portal.cli.consent import consent_arguments, consented
from portal.cli.diagnostics import ExitCode
from portal.cli.following import conclude, progress_of
from portal.engine.offboard import offboard, plan_offboarding

EXAMPLES = """examples:
  portal offboard identity-service/dev --plan             only shows
  portal offboard identity-service/dev                    shows, has the name typed, does it
  portal offboard identity-service/dev --keep-database    the data stay, with the credentials
  portal offboard identity-service/dev --yes --confirm identity-service/dev   for pipelines

Deleting parameters needs the rights of manifests/iam/offboarder.json; choose them with
--set aws.profile=NAME. A rehearsal has them in its profile breakglass.
After a crash or ^C the same command goes on where it stopped, on any machine."""
STOPPING = "stopping after the present step; once more stops now"
STOPPED = "stopped; what was done is recorded, the same command goes on from here"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tenant", metavar="TENANT", help="SERVICE/ENVIRONMENT, e.g. identity-service/dev")
    parser.add_argument("--keep-database", action="store_true", help="keep the database and its credentials")
    parser.add_argument("--plan", action="store_true", dest="only_plan", help="show what would be done, only")
    consent_arguments(parser)


async def run(call: Call) -> ExitCode:
    tenant, keep = tenant_key(call.args.tenant), call.args.keep_database
    settings = with_repository(call.settings() if call.args.only_plan else call.settings(change="offboard"))
    async with services(settings) as world:
        if not call.args.only_plan:
            await world.audit.ready()
        plan = await plan_offboarding(world, tenant, keep_database=keep)
        if call.args.only_plan or call.wants_table:
            show(call, [plan])
        if call.args.only_plan:
            return pending(plan)
        if not await consented(call, settings, [plan], "Take it down?", destroys=True):
            call.talk.note("nothing was done")
            return ExitCode.INTERRUPTED
        done = await offboard(world, plan, progress_of(call), keep_database=keep)
    conclude(call, plan, done.changed, done.seconds)
    return ExitCode.DONE

"""What `portal doctor` finds: one finding each, and no fault told twice."""

from dataclasses import replace

from portal.core.cluster import Resource
from portal.engine.examine import examine
from portal.engine.finding import Outcome
from portal.errors import NotLoggedIn
from tests.engine.fakes import World
from tests.engine.fleet.ports import PlainCluster
from tests.engine.scenes import Machine

ENDED = NotLoggedIn("Unauthorized", system="kubernetes", operation="get", hint="Log in again")


class Expired(PlainCluster):
    """A cluster that knows nobody any more."""

    async def version(self) -> str:
        raise ENDED

    async def discover(self, kind: str, *, group: str | None = None) -> Resource | None:
        del kind, group
        raise ENDED

    async def skew(self) -> float | None:
        raise ENDED


async def test_a_login_that_has_ended_is_told_once_and_leaves_other_systems_alone() -> None:
    found = await examine(replace(Machine(World()).ports, cluster=Expired()))
    by_subject = {finding.subject: finding for finding in found}
    first = by_subject["Kubernetes"]
    assert (first.outcome, first.detail, first.hint) == (Outcome.BAD, "Unauthorized", "Log in again")
    repeated = [finding.subject for finding in found if finding.detail == "as Kubernetes"]
    assert repeated == [
        "kind Application",
        "kind ExternalSecret",
        "kind ClusterSecretStore",
        "kind DragonflyInstance",
        "clock",
        "rights",
    ]
    assert by_subject["Neon"].outcome is by_subject["Parameter Store"].outcome is Outcome.GOOD

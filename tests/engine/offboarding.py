"""A machine that takes tenants down, over fakes that hold the order: nothing goes before what uses it."""

from dataclasses import dataclass, replace

from portal.core.neon import NeonOperation
from portal.engine.offboard import offboard, plan_offboarding
from portal.engine.offboard.application import Offboarded
from portal.errors import PortalError
from tests.engine.boundaries import Killed, boundary
from tests.engine.fake_neon import FakeNeon
from tests.engine.fake_pods import PREFIX, SERVICE
from tests.engine.fakes import BRANCH, PROJECT, FakeParameters
from tests.engine.rotating import TENANT, Rotator, Stage
from tests.engine.scenes import ROLE

ARCHIVE = f"/zerotouch/_offboarded/dev/{SERVICE}"
RECORD = f"{PREFIX}/offboarding"
LAST = {RECORD, f"{PREFIX}/database_owner_url"}


class OrderedParameters(FakeParameters):
    """No parameter goes while git or the cluster may still name it."""

    @boundary("ssm", mutating=True)
    async def delete(self, name: str) -> None:
        if name.startswith(f"{PREFIX}/"):
            assert SERVICE not in self.world.applications, f"{name} goes while the tenant runs"
            assert not [path for path in self.world.files if "/overlays/dev/" in path]
        del self.world.parameters[name]


class OrderedNeon(FakeNeon):
    """The database goes last."""

    @boundary("neon", mutating=True)
    async def delete_database(self, project_id: str, branch_id: str, name: str) -> tuple[NeonOperation, ...]:
        self._lock()
        assert (project_id, branch_id, name) == (PROJECT, BRANCH, ROLE)
        marked = {each for each, tags in self.world.tags.items() if "managed-by" in tags}
        mine = {each for each in self.world.parameters if each.startswith(f"{PREFIX}/")} & marked
        assert mine <= LAST, f"the database goes before {mine - LAST}"
        return self._started("apply_config") if self.world.databases.pop(name, None) else ()


@dataclass(slots=True)
class Offboarder(Rotator):
    """A machine whose fakes hold the order."""

    def __post_init__(self) -> None:
        """Wire the stricter fakes."""
        Rotator.__post_init__(self)
        self.ports = replace(
            self.ports, parameters=OrderedParameters(self.world), neon=OrderedNeon(self.world)
        )

    async def offboard(self, *, keep_database: bool = False) -> Offboarded:
        """Plan and take down, as one command does."""
        plan = await plan_offboarding(self.ports, TENANT, keep_database=keep_database)
        return await offboard(self.ports, plan, self.progress.append, keep_database=keep_database)

    async def attempt_offboarding(self) -> Offboarded | None:
        """One process: it may be killed or fail; the world is without faults afterwards."""
        try:
            return await self.offboard()
        except PortalError as exc:
            self.texts.append(repr(exc) + str(exc))
        except Killed:
            pass
        finally:
            self.world.boundaries.revive()
        return None


def gone(stage: Stage) -> bool:
    """Whether nothing of the tenant is left but what is kept on purpose."""
    world = stage.world
    left = {name for name in world.parameters if name.startswith(f"{PREFIX}/")}
    return not left and not world.files and set(world.roles) == {"neondb_owner"} and not stage.roles.passwords


def check_taken_down(stage: Stage, before: dict[str, str], *machines: Offboarder) -> None:
    """Nobody else's is touched, no value is lost, nothing secret is told; after any number of runs."""
    world = stage.world
    assert world.roles["neondb_owner"] == "canary-owner-password"
    assert world.databases["neondb"] == "neondb_owner"
    assert world.buckets == {"identity-files"}
    assert len(world.commits) <= 2
    kept = {
        name.rpartition("/")[2]: value for name, (_, value) in world.parameters.items() if ARCHIVE in name
    }
    for name, value in before.items():
        key = name.rpartition("/")[2]
        assert name in world.parameters or kept.get(key) == value, f"the last value of {key} is lost"
    for machine in machines:
        seen = [repr(line) for line in (*machine.journal.lines, *machine.audit.lines, *machine.progress)]
        assert not [text for text in (*seen, *machine.texts) if "canary" in text]

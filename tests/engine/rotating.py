"""A tenant that is onboarded and runs, a machine that rotates its credentials, and what must hold."""

from dataclasses import dataclass, field, replace

from portal.core.dsn import password_of
from portal.core.facets import TenantKey
from portal.core.rotation import Rotation
from portal.core.secrets import Secret
from portal.engine.rotate import plan_rotation, rotate
from portal.engine.rotate.application import Rotated
from portal.errors import PortalError
from tests.engine.boundaries import Killed
from tests.engine.fake_pods import PREFIX, Cluster, PodCluster
from tests.engine.fake_sql import FakeSql, SqlRoles
from tests.engine.fakes import World
from tests.engine.scenes import LOCK, ROLE, Machine

TENANT = TenantKey("identity-service", "dev")
GROUP = f"{ROLE}-owner"
LEASE_SECONDS = 10_000


@dataclass(slots=True)
class Stage:
    """One world with a running tenant; machines come and go."""

    world: World = field(default_factory=World)
    roles: SqlRoles = field(default_factory=SqlRoles)
    cluster: Cluster = field(default_factory=Cluster)

    @classmethod
    async def of(cls, *, store_passwords: bool = True) -> "Stage":
        """Onboarded, synced, running; the counters begin anew."""
        stage = cls(World(store_passwords=store_passwords))
        machine = Machine(stage.world)
        await machine.apply()
        PodCluster(stage.world, stage.cluster).settle()
        stage.world.required = ()
        stage.world.boundaries.revive()
        return stage

    def machine(self) -> "Rotator":
        """A computer with a journal of its own."""
        return Rotator(self.world, stage=self)

    def record(self, subject: str) -> Rotation | None:
        """The record of a rotation as it stands."""
        found = self.world.parameters.get(f"{PREFIX}/rotation/{subject}")
        return Rotation.read(Secret(found[1])) if found else None

    def value(self, key: str) -> str:
        """What stands in a parameter of the tenant."""
        return self.world.parameters[f"{PREFIX}/{key}"][1]

    def lets_in(self, uri: str) -> bool:
        """Whether a connection string logs in now."""
        return FakeSql(self.world, self.roles).lets_in(Secret(uri))


@dataclass(slots=True)
class Rotator(Machine):
    """A machine with SQL and pods behind its ports."""

    stage: Stage = field(default_factory=Stage)

    def __post_init__(self) -> None:
        """Wire the fakes of a running tenant over those of an onboarding."""
        Machine.__post_init__(self)
        self.world.required = ()
        self.ports = replace(
            self.ports,
            sql=FakeSql(self.world, self.stage.roles),
            cluster=PodCluster(self.world, self.stage.cluster),
        )

    async def rotate(self, subject: str, *, overlap: bool = True, value: str = "canary-new") -> Rotated:
        """Plan and rotate, as one command does."""
        plan = await plan_rotation(self.ports, TENANT, subject, overlap=overlap)
        inputs = {key: Secret(value) for key in plan.inputs}
        return await rotate(self.ports, plan, inputs, self.progress.append)

    async def attempt_rotation(self, subject: str, *, overlap: bool = True) -> Rotated | None:
        """One process: it may be killed or fail; the world is without faults afterwards."""
        try:
            return await self.rotate(subject, overlap=overlap)
        except PortalError as exc:
            self.texts.append(repr(exc) + str(exc))
        except Killed:
            pass
        finally:
            self.world.boundaries.revive()
        return None


def watch_pods(stage: Stage) -> None:
    """From here on, before every call: what running pods hold works, and so does what is published."""

    async def check(_: str) -> None:
        held = stage.cluster.environment
        for uri in (held["database_url"], held["direct_url"], stage.value("database_url")):
            assert stage.lets_in(uri), "a pod, or the next one to start, holds a credential that is refused"
        assert stage.world.roles["neondb_owner"] == "canary-owner-password"

    stage.world.boundaries.before = check


def keys_accepted(environment: dict[str, str]) -> set[str]:
    """Ids of the public keys a pod with this environment serves."""
    return {environment["jwt_key_id"], environment.get("jwt_previous_key_id", "")} - {""}


def check_rotated(stage: Stage, *machines: Rotator) -> None:
    """I1 to I6 and I13, after any number of runs that ended anyhow."""
    for key in ("database_url", "direct_url"):
        assert stage.lets_in(stage.value(key)), "a published connection string is refused"
    assert set(stage.world.roles) <= {"neondb_owner", ROLE}
    assert set(stage.roles.passwords) <= {f"{ROLE}-a", f"{ROLE}-b"}
    assert stage.roles.groups <= {GROUP}
    published = password_of(Secret(stage.value("database_url")))
    assert published is not None
    for reset in stage.world.resets:
        assert reset.endswith(f"/{ROLE}")
        assert not published.same_as(Secret(stage.world.roles[ROLE])), "a published credential was reset"
    seen = [repr(line) for machine in machines for line in (*machine.journal.lines, *machine.audit.lines)]
    seen += [repr(line) for machine in machines for line in machine.progress]
    seen += [text for machine in machines for text in machine.texts]
    assert not [text for text in seen if "canary" in text]
    assert not [path for path, text in stage.world.files.items() if "canary" in text]


__all__ = ["LOCK", "PREFIX"]

"""A world, a machine that works on it, and the invariants that hold after every run."""

from dataclasses import dataclass, field

from portal.core.dsn import password_of
from portal.core.events import Progress
from portal.core.plan import Plan
from portal.core.required import required_parameters
from portal.core.secrets import Secret
from portal.core.spec import ServiceSpec
from portal.engine.onboard import ApplyResult, apply, make_plan
from portal.engine.world import Ports
from portal.errors import PortalError
from portal.settings import EnvironmentSettings, RepositorySettings, Settings
from tests.core.specs import identity
from tests.core.test_render import TEMPLATES
from tests.engine.boundaries import Killed
from tests.engine.fake_cluster import FakeCluster
from tests.engine.fake_neon import FakeNeon
from tests.engine.fake_sql import FakeSql, SqlRoles
from tests.engine.fakes import (
    PROJECT,
    FakeAudit,
    FakeJournal,
    FakeKeys,
    FakeParameters,
    FakeRepository,
    FakeStatus,
    FakeStorage,
    World,
)

PREFIX = "/zerotouch/dev/identity-service"
ROLE = "identity-service-dev"
LOCK = "/zerotouch/_locks/dev/identity-service"
INPUTS = {
    key: f"canary-input-{key}"
    for key in (
        "openai_api_key",
        "anthropic_api_key",
        "storage_access_key_id",
        "storage_secret_access_key",
        "ghcr_username",
        "ghcr_password",
    )
}


def settings(**changes: bool) -> Settings:
    """A profile with one Neon project for dev, of an operator who takes over what has expired."""
    return Settings(
        take_over=True,
        repository=RepositorySettings(url="file:///run/tenants.git"),
        environments={"dev": EnvironmentSettings("dev", PROJECT)},
        **changes,  # type: ignore[arg-type]
    )


@dataclass(slots=True)
class Machine:
    """One operator's computer: its journal stays, everything else is the world's."""

    world: World
    spec: ServiceSpec = field(default_factory=identity)
    profile: Settings = field(default_factory=settings)
    progress: list[Progress] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    ports: Ports = field(init=False)
    journal: FakeJournal = field(init=False)
    audit: FakeAudit = field(init=False)

    def __post_init__(self) -> None:
        """Wire the fakes."""
        world = self.world
        world.spec = self.spec
        self.journal = FakeJournal(world)
        self.audit = FakeAudit(world)
        world.required = tuple(
            item.name for item in required_parameters(self.spec.for_environment("dev"), "/zerotouch")
        )
        self.ports = Ports(
            settings=self.profile,
            neon=FakeNeon(world),
            parameters=FakeParameters(world),
            sql=FakeSql(world, SqlRoles()),
            storage=FakeStorage(world),
            cluster=FakeCluster(world),
            repository=FakeRepository(world),
            keys=FakeKeys(world),
            journal=self.journal,
            audit=self.audit,
            clock=world.boundaries.clock,
            status=FakeStatus(world),
            templates=TEMPLATES,
        )

    async def plan(self) -> Plan:
        """A plan for dev."""
        return await make_plan(self.ports, self.spec, "dev")

    async def apply(self, plan: Plan | None = None) -> ApplyResult:
        """Plan and apply, as one command does."""
        made = plan or await self.plan()
        inputs = {key: Secret(value) for key, value in INPUTS.items()}
        return await apply(self.ports, self.spec, made, inputs, self.progress.append)

    async def attempt(self) -> ApplyResult | None:
        """One process: it may be killed or fail; the world is without faults afterwards."""
        try:
            return await self.apply()
        except PortalError as exc:
            self.texts.append(repr(exc) + str(exc))
        except Killed:
            pass
        finally:
            self.world.boundaries.revive()
        return None


def truth(machine: Machine) -> tuple[object, ...]:
    """What the desired state is judged by."""
    world = machine.world
    return (
        sorted(world.roles),
        sorted(world.databases.items()),
        sorted(name for name in world.parameters if "_locks" not in name),
        sorted(world.files),
        sorted(world.applications),
        sorted(world.buckets),
        world.auth,
    )


def check_invariants(*machines: Machine) -> None:
    """I1 to I4, I6 and I13, after any number of runs that ended anyhow."""
    world = machines[0].world
    published = [
        Secret(world.parameters[f"{PREFIX}/{key}"][1])
        for key in ("database_url", "direct_url")
        if f"{PREFIX}/{key}" in world.parameters
    ]
    for uri in published:
        password = password_of(uri)
        assert password is not None
        assert password.reveal("test") == world.roles[ROLE], "a published password does not work"
    if ROLE in world.roles and not published and not world.store_passwords:
        pending = any(entry.step == "role" for machine in machines for entry in machine.journal.lines)
        assert pending, "an unrevealable password is lost and no journal marks it pending"
    assert set(world.roles) <= {"neondb_owner", ROLE}
    assert set(world.databases) <= {"neondb", ROLE}
    overwritten = [name for name, (version, _) in world.parameters.items() if version != 1 and name != LOCK]
    assert not overwritten, "a parameter was overwritten"
    assert world.roles["neondb_owner"] == "canary-owner-password"
    assert world.databases["neondb"] == "neondb_owner"
    assert len(world.commits) <= 1
    check_no_secret(*machines)


def check_no_secret(*machines: Machine) -> None:
    """No canary in journal, progress or error texts."""
    for machine in machines:
        seen = [repr(entry) for entry in (*machine.journal.lines, *machine.audit.lines)]
        seen += [repr(line) for line in machine.progress] + machine.texts
        assert not [text for text in seen if "canary" in text]
        assert not [path for path, text in machine.world.files.items() if "canary" in text]

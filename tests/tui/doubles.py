"""Stand-ins for what the interface is given: a desk, and a rehearsal world."""

from collections.abc import Mapping
from dataclasses import replace

from portal.core.comparing import Compared, Match
from portal.core.events import Progress, Stage
from portal.core.facets import TenantKey
from portal.core.plan import Operation, Plan, Step, StepKind, Symbol
from portal.core.secrets import Secret
from portal.core.spec import from_mapping
from portal.core.switchboard import Backing, Call, FaultRule, WorldState
from portal.engine.tenant_secrets import Revealed
from portal.errors import PortalError, RefusedError, Unreachable
from portal.ports import Report
from portal.tui.intents import Intent
from portal.tui.open_work import OpenWork
from tests.core.assess.tenant import SPEC, TENANT

CANARY = "canary-5d21e8"
CALLS = (
    Call("2026-11-28T10:00:01.250Z", "portal", "ssm:PutParameter", 400, 12.4, "f1 throttle"),
    Call("2026-11-28T10:00:00.100Z", "portal", "neon:createProjectBranchRole", 0, 30.0),
)
STATE = WorldState(
    "run-1",
    7,
    2.0,
    61.0,
    (
        Backing("postgres", "embedded", "PostgreSQL 17.2", "Neon compute"),
        Backing("cache", "embedded", "Valkey 8", "Dragonfly", "degraded"),
    ),
    (),
)


class Board:
    """A world that remembers the rules it was given."""

    def __init__(self) -> None:
        self.rules: tuple[FaultRule, ...] = ()
        self.lost = False

    async def state(self) -> WorldState:
        if self.lost:
            raise Unreachable("the world does not answer", system="rehearsal", operation="GET /status")
        return replace(STATE, faults=self.rules)

    async def calls(self, most: int) -> tuple[Call, ...]:
        return CALLS[:most]

    async def add(self, rule: Mapping[str, str | int | float]) -> FaultRule:
        if rule["service"] == "mars":
            raise RefusedError("there is no service mars")
        at = f"{rule['service']}:{rule['operation']}"
        details = f"nth={rule['nth']}" if "nth" in rule else ""
        added = FaultRule(f"f{len(self.rules) + 1}", at, str(rule["action"]), details, 3, 1)
        self.rules = (*self.rules, added)
        return added

    async def remove(self, rule: str) -> None:
        self.rules = tuple(each for each in self.rules if rule and each.id != rule)


def planned(operation: Operation = Operation.ONBOARD, **more: object) -> Plan:
    """A plan with a step that changes something and one that does not."""
    steps = (
        Step("role", Symbol.CREATE, StepKind.ROLE, "identity-service-dev", "does not exist"),
        Step("compute", Symbol.KEEP, StepKind.COMPUTE, "ep-1", "is there [b]"),
    )
    return Plan(TENANT, from_mapping(SPEC), steps, operation=operation, **more)  # type: ignore[arg-type]


class Desk:
    """Plans what the test gives it, and tells one step when it carries a plan out."""

    environments = ("dev", "staging")

    def __init__(
        self, plan: Plan | PortalError, *, work: tuple[OpenWork, ...] = (), failing: str = ""
    ) -> None:
        self.intents: list[Intent] = []
        self.done: list[tuple[Plan, Mapping[str, Secret]]] = []
        self.deeds: list[tuple[str, ...]] = []
        self._plan = plan
        self._work = work
        self._failing = failing

    async def plan(self, intent: Intent) -> Plan:
        self.intents.append(intent)
        if isinstance(self._plan, PortalError):
            raise self._plan
        return self._plan

    async def carry_out(self, plan: Plan, inputs: Mapping[str, Secret], report: Report) -> None:
        self.done.append((plan, inputs))
        report(Progress(str(plan.tenant), "role", Stage.DONE, seconds=1.0))
        if self._failing:
            raise RefusedError(self._failing)

    async def unfinished(self) -> tuple[OpenWork, ...]:
        return self._work

    async def logs(self, tenant: TenantKey, pod: str, container: str) -> str:
        self._fail()
        return f"{tenant} {pod}/{container}\nready to serve\nERROR [b]lost\x1b[2J\n"

    async def compare(self, tenant: TenantKey) -> tuple[Compared, ...]:
        self._fail()
        self.deeds.append(("compare", str(tenant)))
        same = Compared("database_url", "/p/database_url", 2, "ns/db:DATABASE_URL", Match.SAME)
        odd = Compared("openai_api_key", "/p/openai_api_key", 3, "ns/keys:OPENAI", Match.DIFFERS, "[b]host")
        return (same, odd)

    async def reveal(self, tenant: TenantKey, key: str, reason: str) -> Revealed:
        self._fail()
        self.deeds.append(("reveal", str(tenant), key, reason))
        return Revealed(f"/p/{key}", 2, Secret(CANARY))

    async def recheck(self, tenant: TenantKey) -> None:
        self._fail()
        self.deeds.append(("recheck", str(tenant)))

    async def sync(self, tenant: TenantKey) -> None:
        self._fail()
        self.deeds.append(("sync", str(tenant)))

    def _fail(self) -> None:
        if self._failing:
            raise RefusedError(self._failing)

    def protects(self, environment: str) -> bool:
        return environment == "prod"

"""The Neon simulator as the harness runs it: one ASGI application, one compute front."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route

from simulator.backends.certificates import Authority
from simulator.backends.serving import LOOPBACK
from simulator.clock import Clock
from simulator.neon import process_cluster, projects, restarting, truth
from simulator.neon.account import Account
from simulator.neon.background import Background
from simulator.neon.cluster import Clusters, Release
from simulator.neon.computes import Computes
from simulator.neon.front import Front
from simulator.neon.identity import ApiKey, Keyring, Organization, User
from simulator.neon.limits import Limits, Rate
from simulator.neon.logins import Place
from simulator.neon.mint import Mint
from simulator.neon.mishaps import Mishaps, NoMishaps
from simulator.neon.names import host, wildcards
from simulator.neon.operations import Delays, Operations
from simulator.neon.plane import Plane
from simulator.neon.plans import SCALE, Plan
from simulator.neon.refusals import Unavailable
from simulator.neon.regions import region as region_id
from simulator.neon.routes import TABLE
from simulator.neon.routes.auth import KEY_SET, key_set
from simulator.neon.timers import Timers
from simulator.neon.wire import Call, EncodedSlashes, Wire, unrouted


class NeonService:
    """`app` answers under `/api/v2` while `running` lasts; projects may be seeded before or during that."""

    def __init__(
        self,
        clock: Clock,
        run_dir: Path,
        authority: Authority,
        seed: int,
        api_keys: Mapping[str, str],
        *,
        personal_keys: Mapping[str, str] = MappingProxyType({}),
        delays: Delays | None = None,
        clusters: Clusters = process_cluster.running,
        address: str | None = LOOPBACK,
        plan: Plan = SCALE,
        rate: Rate | None = None,
        mishaps: Mishaps | None = None,
    ) -> None:
        """Keys are the organization's, or its one user's own, each with the name of whom it was minted for.

        Connection strings name `address`, at which the front listens besides loopback, or none. Without a
        `rate`, calls are not limited. Raises ValueError for a key that could be a real one.
        """
        times = delays or Delays()
        mint = Mint(seed)
        organization = Organization(mint.organization(), clock.now(), plan)
        befalling = mishaps or NoMishaps()
        account = Account(clock, mint, User(mint.uuid()), organization, befalling)
        for personal, tokens in ((False, api_keys), (True, personal_keys)):
            for token, label in tokens.items():
                account.keys.add(token, label, clock.now(), label=label, personal=personal)
        self._run_dir = run_dir
        self._clusters = clusters
        self.address = address
        self._background = Background()
        operations = Operations(clock, mint, self._background, times, befalling)
        self._computes = Computes(account, clock, self._background, operations, times.cold_start)
        timers = Timers(clock, self._background)
        self._plane = Plane(clock, mint, account, operations, self._computes, timers)
        self._front = Front(self._computes, authority.issue("neon-compute", *wildcards()), address)
        wire = Wire(self._call, account.keys, clock, Limits(clock, rate) if rate else None)
        self.app = Starlette(
            routes=[*(wire.route(*entry) for entry in TABLE), Route(KEY_SET, partial(key_set, self._plane))],
            middleware=[Middleware(EncodedSlashes)],
            exception_handlers={HTTPException: unrouted, Exception: unrouted},
        )

    @property
    def keys(self) -> Keyring:
        """Every key that opens the account now."""
        return self._plane.account.keys

    @property
    def port(self) -> int:
        """Where every compute is reached; 0 before `running`."""
        return self._front.port

    @property
    def postgres(self) -> Release:
        """Which PostgreSQL stands behind the computes, while `running`."""
        if self._computes.cluster is None:
            raise RuntimeError("PostgreSQL is known only while the service runs")
        return self._computes.cluster.release

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Find and try PostgreSQL, open the compute front; at the end leave no process and no data.

        Raises PostgresUnavailable when PostgreSQL is missing or does not come up.
        """
        logs = self._run_dir / "logs"
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        async with AsyncExitStack() as stack:
            self._computes.cluster = await stack.enter_async_context(self._clusters(self._run_dir))
            stack.push_async_callback(self._computes.close)
            await stack.enter_async_context(self._background.running())
            await stack.enter_async_context(self._front.listening())
            yield

    def hosts(self) -> list[str]:
        """The names every compute is reached by, pooled or not."""
        return [
            host(endpoint.id, endpoint.region_id, pooled=pooled)
            for project in self._plane.account.projects.values()
            for endpoint in project.endpoints.values()
            for pooled in (False, True)
        ]

    def seed_project(
        self,
        name: str,
        region: str = "ap-south-1",
        *,
        store_passwords: bool = True,
        suspend_timeout_seconds: int = 0,
    ) -> str:
        """Add a project as if it had been there for a while, its compute asleep; returns its id."""
        project, _, _ = projects.new(
            self._plane,
            projects.Blueprint(
                name=name,
                region_id=region_id(region),
                store_passwords=store_passwords,
                default_endpoint_settings={"suspend_timeout_seconds": suspend_timeout_seconds},
            ),
        )
        return project.id

    def remember(self) -> restarting.Memory:
        """The account as it is now, to go back to."""
        return restarting.remember(self._plane)

    async def restart(self, memory: restarting.Memory) -> None:
        """Have the account as it was, with empty databases; computes sleep. No call may come meanwhile."""
        await restarting.restart(self._plane, self._background, memory)

    def truth(self, digest: truth.Digest) -> dict[str, Any]:
        """What stands in the account now; `digest` makes of a password's SHA-256 what may be shown."""
        return truth.of(list(self._plane.account.projects.values()), self._computes, digest)

    def _call(self, request: Request, key: ApiKey) -> Call:
        if self._computes.cluster is None:
            raise Unavailable("the control plane is not ready")
        place = Place(self._front.port, self.address)
        return Call(request, key, self._plane, place, self.postgres.major)

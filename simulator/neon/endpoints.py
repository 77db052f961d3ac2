"""Computes as the API manages them: one read-write endpoint per branch, started, suspended, disabled."""

from dataclasses import dataclass
from functools import partial

from simulator.neon.model import Branch, Endpoint, Operation, Project
from simulator.neon.names import LONGEST_ENDPOINT_NAME, title
from simulator.neon.operations import Step
from simulator.neon.plane import Plane
from simulator.neon.refusals import Conflict, Invalid, Locked, NotFound, Unprocessable

TRANSITIVE = "endpoint is in some transitive state, could not suspend"
_SHORTEST, _LONGEST = 60, 604800
_SMALLEST_CU = 0.25


@dataclass(frozen=True, slots=True)
class Settings:
    """What a caller may set; None leaves a value as it is."""

    name: str | None = None
    disabled: bool | None = None
    suspend_timeout_seconds: int | None = None
    autoscaling_limit_min_cu: float | None = None
    autoscaling_limit_max_cu: float | None = None

    def check(self) -> None:
        """Raise Invalid for what Neon does not take."""
        timeout = self.suspend_timeout_seconds
        if timeout is not None and timeout not in {0, -1} and not _SHORTEST <= timeout <= _LONGEST:
            raise Invalid(f"suspend_timeout_seconds must be 0, -1 or {_SHORTEST} to {_LONGEST}")
        if self.name is not None:
            title("endpoint", self.name, LONGEST_ENDPOINT_NAME)
        limits = (self.autoscaling_limit_min_cu, self.autoscaling_limit_max_cu)
        if any(limit is not None and limit < _SMALLEST_CU for limit in limits):
            raise Invalid(f"autoscaling limits must be at least {_SMALLEST_CU}")

    def give(self, endpoint: Endpoint) -> None:
        """Put what is set onto the endpoint."""
        for field in self.__slots__:
            value = getattr(self, field)
            if value is not None:
                setattr(endpoint, field, value)
        endpoint.autoscaling_limit_max_cu = max(
            endpoint.autoscaling_limit_min_cu, endpoint.autoscaling_limit_max_cu
        )


def new(plane: Plane, project: Project, branch: Branch) -> Endpoint:
    """Add a read-write endpoint, asleep, to the branch."""
    now = plane.clock.now()
    made = Endpoint(
        id=plane.mint.endpoint(),
        project_id=project.id,
        branch_id=branch.id,
        region_id=project.region_id,
        created_at=now,
        updated_at=now,
        suspend_timeout_seconds=project.default_suspend_timeout_seconds,
    )
    project.endpoints[made.id] = made
    return made


def create(
    plane: Plane, project_id: str, branch_id: str, kind: str, settings: Settings
) -> tuple[Endpoint, list[Operation]]:
    settings.check()
    if kind not in {"read_write", "read_only"}:
        raise Invalid("endpoint type must be read_write or read_only")
    project, branch = plane.account.branch(project_id, branch_id)
    plane.operations.require_unlocked(project)
    if kind == "read_only":
        raise Unprocessable("read-only endpoints are not simulated: create a read_write one")
    if project.read_write(branch.id) is not None:
        raise Conflict("read-write endpoint already exists on the branch")
    made = new(plane, project, branch)
    settings.give(made)
    return made, [] if made.disabled else launch(plane, project, made)


def update(
    plane: Plane, project_id: str, endpoint_id: str, settings: Settings
) -> tuple[Endpoint, list[Operation]]:
    """Disabling an active compute suspends it."""
    settings.check()
    project, endpoint = _changeable(plane, project_id, endpoint_id)
    settings.give(endpoint)
    endpoint.updated_at = plane.clock.now()
    compute = plane.computes.of(project, endpoint)
    compute.rearm()
    if endpoint.disabled:
        return endpoint, _halt(plane, project, endpoint) if endpoint.current_state == "active" else []
    return endpoint, plane.apply(project, endpoint)


def start(plane: Plane, project_id: str, endpoint_id: str) -> tuple[Endpoint, list[Operation]]:
    project, endpoint = _changeable(plane, project_id, endpoint_id)
    if endpoint.disabled:
        raise Unprocessable("endpoint is disabled")
    return endpoint, launch(plane, project, endpoint)


def suspend(plane: Plane, project_id: str, endpoint_id: str) -> tuple[Endpoint, list[Operation]]:
    project, endpoint = _changeable(plane, project_id, endpoint_id)
    if endpoint.pending_state is not None:
        raise Locked(TRANSITIVE)
    return endpoint, _halt(plane, project, endpoint)


def delete(plane: Plane, project_id: str, endpoint_id: str) -> tuple[Endpoint, list[Operation]] | None:
    """None when it is gone already; the branch keeps its data."""
    project = plane.account.project(project_id)
    plane.operations.require_unlocked(project)
    endpoint = project.endpoints.pop(endpoint_id, None)
    if endpoint is None:
        return None

    async def end() -> bool:
        await plane.computes.forget(endpoint)
        return True

    return endpoint, plane.operations.begin(
        project, [Step("suspend_compute", end, endpoint.branch_id, endpoint.id)]
    )


def read_write(project: Project, branch: Branch) -> Endpoint:
    """The endpoint a connection string of the branch leads to."""
    found = project.read_write(branch.id)
    if found is None:
        raise NotFound("read-write endpoint not found on the branch")
    return found


def launch(plane: Plane, project: Project, endpoint: Endpoint, *before: Step) -> list[Operation]:
    """Begin start_compute, after the steps given."""
    endpoint.pending_state = "active"
    compute = plane.computes.of(project, endpoint)
    step = Step("start_compute", compute.start, endpoint.branch_id, endpoint.id)
    return plane.operations.begin(project, [*before, step])


def _halt(plane: Plane, project: Project, endpoint: Endpoint) -> list[Operation]:
    endpoint.pending_state = "idle"
    halt = partial(plane.computes.of(project, endpoint).suspend, only_unused=False)
    return plane.operations.begin(project, [Step("suspend_compute", halt, endpoint.branch_id, endpoint.id)])


def _changeable(plane: Plane, project_id: str, endpoint_id: str) -> tuple[Project, Endpoint]:
    project, endpoint = plane.account.endpoint(project_id, endpoint_id)
    plane.operations.require_unlocked(project)
    return project, endpoint

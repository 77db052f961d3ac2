"""Computes as the API manages them: one read-write endpoint per branch, started, suspended, disabled."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from simulator.neon import quotas
from simulator.neon.model import Branch, Endpoint, Operation, Project
from simulator.neon.operations import Step
from simulator.neon.plane import Plane
from simulator.neon.refusals import Conflict, Invalid, Locked, NotFound, Unprocessable

TRANSITIVE = "endpoint is in some transitive state, could not suspend"
_SHORTEST = 60
_TAKEN = "read-write endpoint already exists on the branch"
# What a caller may set that the endpoint then shows.
_SHOWN = (
    "name",
    "disabled",
    "suspend_timeout_seconds",
    "autoscaling_limit_min_cu",
    "autoscaling_limit_max_cu",
    "settings",
    "pooler_enabled",
    "passwordless_access",
)


def require_settings(plane: Plane, given: Mapping[str, Any], current: Endpoint | None = None) -> None:
    """Raise Invalid for settings no compute can have, alone or with those it has."""
    timeout = given.get("suspend_timeout_seconds", 0)
    if 0 < timeout < _SHORTEST:
        raise Invalid(f"suspend_timeout_seconds must be 0, -1 or at least {_SHORTEST}")
    least, most = (given.get(f"autoscaling_limit_{end}_cu") for end in ("min", "max"))
    largest = plane.account.plan.most_compute_units
    if any(limit is not None and limit > largest for limit in (least, most)):
        raise Invalid(f"autoscaling limits must be at most {largest:g} on this plan")
    if least is None and current is not None:
        least = current.autoscaling_limit_min_cu
    if least is not None and most is not None and most < least:
        raise Invalid("autoscaling_limit_max_cu must not be less than autoscaling_limit_min_cu")


def new(plane: Plane, project: Project, branch: Branch, kind: str, given: Mapping[str, Any]) -> Endpoint:
    """Add an endpoint, asleep, to the branch: with what is given, then what the project's settings say."""
    now = plane.clock.now()
    made = Endpoint(
        id=plane.mint.endpoint(),
        project_id=project.id,
        branch_id=branch.id,
        region_id=project.region_id,
        created_at=now,
        updated_at=now,
        type=kind,
    )
    defaults = project.default_endpoint_settings
    settings = {name: defaults[name] for name in ("pg_settings", "pgbouncer_settings") if name in defaults}
    _give(made, {**defaults, **({"settings": settings} if settings else {}), **given})
    project.endpoints[made.id] = made
    return made


def require_room(plane: Plane, project: Project, branch: Branch, kind: str) -> None:
    """Raise Conflict or Unprocessable when the branch can have no further endpoint of this kind."""
    if kind == "read_write" and project.read_write(branch.id) is not None:
        raise Conflict(_TAKEN)
    if len(project.endpoints) >= plane.account.plan.endpoints:
        raise Unprocessable("endpoints limit exceeded", "ENDPOINTS_LIMIT_EXCEEDED")


def create(
    plane: Plane, project_id: str, branch_id: str, kind: str, given: Mapping[str, Any]
) -> tuple[Endpoint, list[Operation]]:
    """The compute starts, unless it is to be disabled."""
    require_settings(plane, given)
    project, branch = plane.account.branch(project_id, branch_id)
    if given.get("region_id", project.region_id) != project.region_id:
        raise Invalid("region_id must be the region of the project")
    plane.operations.require_unlocked(project)
    require_room(plane, project, branch, kind)
    if not given.get("disabled"):
        require_startable(plane, project)
    made = new(plane, project, branch, kind, given)
    return made, [] if made.disabled else launch(plane, project, made)


def update(
    plane: Plane, project_id: str, endpoint_id: str, given: Mapping[str, Any]
) -> tuple[Endpoint, list[Operation]]:
    """Disabling an active compute suspends it; an idle one is woken for a moment."""
    project, endpoint = _changeable(plane, project_id, endpoint_id)
    require_settings(plane, given, endpoint)
    destination = given.get("branch_id", endpoint.branch_id)
    if destination != endpoint.branch_id:
        _, branch = plane.account.branch(project_id, destination)
        require_room(plane, project, branch, endpoint.type)
        return endpoint, plane.operations.begin(project, move(plane, project, endpoint, branch))
    _give(endpoint, given)
    endpoint.updated_at = plane.clock.now()
    plane.computes.of(project, endpoint).rearm()
    if endpoint.disabled:
        return endpoint, halt(plane, project, endpoint) if endpoint.current_state == "active" else []
    if endpoint.current_state != "active" and quotas.exceeded(project, plane.clock.now()):
        return endpoint, []
    return endpoint, plane.apply(project, endpoint)


def start(plane: Plane, project_id: str, endpoint_id: str) -> tuple[Endpoint, list[Operation]]:
    project, endpoint = _changeable(plane, project_id, endpoint_id)
    _require_enabled(endpoint)
    if endpoint.current_state != "active":
        require_startable(plane, project)
    return endpoint, launch(plane, project, endpoint)


def suspend(plane: Plane, project_id: str, endpoint_id: str) -> tuple[Endpoint, list[Operation]]:
    project, endpoint = _changeable(plane, project_id, endpoint_id)
    _require_settled(endpoint)
    return endpoint, halt(plane, project, endpoint)


def restart(plane: Plane, project_id: str, endpoint_id: str) -> tuple[Endpoint, list[Operation]]:
    project, endpoint = _changeable(plane, project_id, endpoint_id)
    _require_enabled(endpoint)
    _require_settled(endpoint)
    require_startable(plane, project)
    return endpoint, launch(plane, project, endpoint, halting(plane, project, endpoint))


def delete(plane: Plane, project_id: str, endpoint_id: str) -> tuple[Endpoint, list[Operation]] | None:
    """None when it is gone already; the branch keeps its data."""
    project = plane.account.project(project_id)
    endpoint = project.endpoints.get(endpoint_id)
    if endpoint is None:
        return None
    if project.branches[endpoint.branch_id].protected:
        raise Unprocessable("cannot delete an endpoint of a protected branch")
    plane.operations.require_unlocked(project)
    del project.endpoints[endpoint_id]
    return endpoint, plane.operations.begin(project, [ending(plane, endpoint)])


def read_write(project: Project, branch: Branch) -> Endpoint:
    """The endpoint a connection string of the branch leads to."""
    found = project.read_write(branch.id)
    if found is None:
        raise NotFound("read-write endpoint not found on the branch")
    return found


def require_startable(plane: Plane, project: Project) -> None:
    """Raise Locked while a quota is used up, Unprocessable when as many computes run as may."""
    reason = quotas.exceeded(project, plane.clock.now())
    if reason is not None:
        raise Locked(reason)
    default, most = project.default_branch.id, plane.account.plan.active_endpoints
    if sum(endpoint.branch_id != default for endpoint in project.active()) >= most:
        raise Unprocessable("active endpoints limit exceeded", "ACTIVE_ENDPOINTS_LIMIT_EXCEEDED")


def launch(plane: Plane, project: Project, endpoint: Endpoint, *before: Step) -> list[Operation]:
    """Begin start_compute, after the steps given."""
    return plane.operations.begin(project, [*before, starting(plane, project, endpoint)])


def starting(plane: Plane, project: Project, endpoint: Endpoint) -> Step:
    """The step that starts a compute."""
    endpoint.pending_state = "active"
    compute = plane.computes.of(project, endpoint)
    return Step("start_compute", compute.start, endpoint.branch_id, endpoint.id, partial(_settle, endpoint))


def halt(plane: Plane, project: Project, endpoint: Endpoint) -> list[Operation]:
    """Begin suspend_compute."""
    endpoint.pending_state = "idle"
    return plane.operations.begin(project, [halting(plane, project, endpoint)])


def halting(plane: Plane, project: Project, endpoint: Endpoint) -> Step:
    """The step that suspends a compute, sessions or not."""
    stop = partial(plane.computes.of(project, endpoint).suspend, only_unused=False)
    return Step("suspend_compute", stop, endpoint.branch_id, endpoint.id, partial(_settle, endpoint))


def ending(plane: Plane, endpoint: Endpoint) -> Step:
    """The step that ends the compute of an endpoint that is not there any more."""

    async def end() -> bool:
        await plane.computes.forget(endpoint)
        return True

    return Step("suspend_compute", end, endpoint.branch_id, endpoint.id)


def move(plane: Plane, project: Project, endpoint: Endpoint, branch: Branch) -> list[Step]:
    """Take a compute to another branch's data; one that was active is restarted there."""
    was_active = endpoint.current_state == "active"
    compute = plane.computes.of(project, endpoint)

    async def rebind() -> bool:
        async with compute.stopped():
            endpoint.branch_id = branch.id
        return was_active

    steps = [Step("suspend_compute", rebind, branch.id, endpoint.id)]
    if was_active and not endpoint.disabled:
        steps.append(Step("start_compute", compute.start, branch.id, endpoint.id, partial(_settle, endpoint)))
    return steps


def _give(endpoint: Endpoint, given: Mapping[str, Any]) -> None:
    for name in _SHOWN:
        if name in given:
            setattr(endpoint, name, given[name])
    endpoint.autoscaling_limit_max_cu = max(
        endpoint.autoscaling_limit_min_cu, endpoint.autoscaling_limit_max_cu
    )


def _settle(endpoint: Endpoint) -> None:
    endpoint.pending_state = None
    if endpoint.current_state == "init":
        endpoint.current_state = "idle"


def _require_enabled(endpoint: Endpoint) -> None:
    if endpoint.disabled:
        raise Unprocessable("endpoint is disabled")


def _require_settled(endpoint: Endpoint) -> None:
    if endpoint.pending_state is not None:
        raise Locked(TRANSITIVE)


def _changeable(plane: Plane, project_id: str, endpoint_id: str) -> tuple[Project, Endpoint]:
    project, endpoint = plane.account.endpoint(project_id, endpoint_id)
    plane.operations.require_unlocked(project)
    return project, endpoint

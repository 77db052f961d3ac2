"""Consumption history, in the form of the plans before and of those now."""

from collections.abc import Sequence

from starlette.responses import JSONResponse, Response

from simulator.clock import rfc3339
from simulator.neon import consumption as rules
from simulator.neon import pages
from simulator.neon.consumption import Frame, Period, Range
from simulator.neon.model import Branch, Project
from simulator.neon.moments import moment
from simulator.neon.refusals import Invalid
from simulator.neon.shapes import Json
from simulator.neon.usage import Amounts
from simulator.neon.wire import Call, Handler

_PROJECTS_A_PAGE, _BRANCHES_A_PAGE = (10, 100), (100, 1000)
_MOST_IDS = 100
_HOURS_A_MONTH = 744
_USUAL = ("active_time_seconds", "compute_time_seconds", "written_data_bytes", "synthetic_storage_size_bytes")
_MORE = ("data_storage_bytes_hour", "logical_size_bytes", "logical_size_bytes_hour")
_OF_BRANCHES = (
    "compute_unit_seconds",
    "root_branch_bytes_month",
    "child_branch_bytes_month",
    "instant_restore_bytes_month",
    "public_network_transfer_bytes",
    "private_network_transfer_bytes",
)
_OF_PROJECTS = (*_OF_BRANCHES, "extra_branches_month", "snapshot_storage_bytes_month")


async def account(call: Call) -> Response:
    """All projects together; the call left the API's document in 2026."""
    wanted, metrics = _range(call), _metrics(call, (*_USUAL, *_MORE), _USUAL)
    found = list(call.plane.account.projects.values())
    owner = call.plane.account.organization.id
    periods = rules.of(found, owner, wanted, call.plane.clock.now())
    return JSONResponse({"periods": [_period(call, period, metrics, None) for period in periods]})


async def projects(call: Call) -> Response:
    wanted, metrics = _range(call), _metrics(call, (*_USUAL, *_MORE), _USUAL)
    return _of_projects(call, wanted, metrics, v2=False)


async def projects_v2(call: Call) -> Response:
    call.required("org_id")
    return _of_projects(call, _range(call), _metrics(call, _OF_PROJECTS), v2=True)


async def branches_v2(call: Call) -> Response:
    call.required("org_id")
    wanted, metrics = _range(call), _metrics(call, _OF_BRANCHES)
    asked, only = _ids(call, "project_ids"), _ids(call, "branch_ids")
    if not asked:
        raise Invalid("query parameter project_ids is required")
    account_ = call.plane.account
    found = [
        (project, branch)
        for project in sorted(map(account_.project, asked), key=lambda project: project.id)
        for branch in sorted(project.branches.values(), key=lambda branch: branch.id)
        if not only or branch.id in only
    ]
    size = pages.limit(call.request.query_params, *_BRANCHES_A_PAGE)
    cursor = call.query("cursor")
    part, last = pages.page(found, lambda pair: pair[1].id, cursor, size)
    now = call.plane.clock.now()
    shapes = [
        {
            "project_id": project.id,
            "branch_id": branch.id,
            "periods": [
                _period(call, period, metrics, branch)
                for period in rules.of([project], branch.id, wanted, now, branch.id)
            ],
        }
        for project, branch in part
    ]
    return JSONResponse({"branches": shapes, **pages.following(last, cursor)})


def _of_projects(call: Call, wanted: Range, metrics: Sequence[str], *, v2: bool) -> Response:
    asked = _ids(call, "project_ids")
    newest_first = list(call.plane.account.projects.values())[::-1]
    found = [project for project in newest_first if not asked or project.id in asked]
    size = pages.limit(call.request.query_params, *_PROJECTS_A_PAGE)
    cursor = call.query("cursor")
    part, last = pages.page(found, lambda project: project.id, cursor, size)
    shapes = [_project(call, project, wanted, metrics, v2=v2) for project in part]
    return JSONResponse({"projects": shapes, **pages.following(last, cursor)})


def _project(call: Call, project: Project, wanted: Range, metrics: Sequence[str], *, v2: bool) -> Json:
    owner = next(iter(project.branches.values())) if v2 else None
    periods = rules.of([project], project.id, wanted, call.plane.clock.now())
    return {
        "project_id": project.id,
        "periods": [_period(call, period, metrics, owner, whole=v2) for period in periods],
    }


def _period(
    call: Call, period: Period, metrics: Sequence[str], branch: Branch | None, *, whole: bool = False
) -> Json:
    root = whole or branch is None or branch.parent_id is None
    shape: Json = {
        "period_id": period.id,
        "period_plan": call.plane.account.plan.subscription,
        "period_start": rfc3339(period.begin),
        "consumption": [
            _frame(frame, metrics) if branch is None else _frame_v2(frame, metrics, root=root)
            for frame in period.frames
        ],
    }
    return shape | ({"period_end": rfc3339(period.end)} if period.end else {})


def _frame(frame: Frame, metrics: Sequence[str]) -> Json:
    """The usual metrics are always there; those not asked for are 0."""
    used = frame.used
    values = {
        "active_time_seconds": used.active_seconds,
        "compute_time_seconds": used.compute_seconds,
        "written_data_bytes": used.written,
        "synthetic_storage_size_bytes": used.size,
        "data_storage_bytes_hour": used.stored_byte_hours,
        "logical_size_bytes": used.size,
        "logical_size_bytes_hour": used.stored_byte_hours,
    }
    shown = {name: int(values[name]) if name in metrics else 0 for name in _USUAL}
    shown |= {name: int(values[name]) for name in _MORE if name in metrics}
    return {**_timeframe(frame), **shown}


def _frame_v2(frame: Frame, metrics: Sequence[str], *, root: bool) -> Json:
    """Only what was used at all is told."""
    values = _values_v2(frame.used, root=root)
    told = [{"metric_name": name, "value": values[name]} for name in metrics if values.get(name)]
    return {**_timeframe(frame), "metrics": told}


def _values_v2(used: Amounts, *, root: bool) -> dict[str, int]:
    stored = int(used.stored_byte_hours / _HOURS_A_MONTH)
    return {
        "compute_unit_seconds": int(used.compute_seconds),
        "root_branch_bytes_month" if root else "child_branch_bytes_month": stored,
        "public_network_transfer_bytes": used.transferred,
    }


def _timeframe(frame: Frame) -> Json:
    return {"timeframe_start": rfc3339(frame.begin), "timeframe_end": rfc3339(frame.end)}


def _range(call: Call) -> Range:
    call.key.require_unscoped()
    found = call.plane.account
    if call.query("org_id"):
        found.require_organization(call.required("org_id"))
    rules.require_plan(found)
    begin, end = (moment(name, call.required(name)) for name in ("from", "to"))
    return rules.asked(begin, end, call.required("granularity"), call.plane.clock.now())


def _metrics(call: Call, allowed: Sequence[str], usual: Sequence[str] = ()) -> Sequence[str]:
    asked = _ids(call, "metrics", len(allowed))
    for name in asked:
        if name not in allowed:
            raise Invalid(f"metrics must be among {', '.join(allowed)}")
    if not asked and not usual:
        raise Invalid("query parameter metrics is required")
    return asked or usual


def _ids(call: Call, name: str, most: int = _MOST_IDS) -> list[str]:
    """A list given as several parameters, or as one with commas."""
    found = [part for text in call.request.query_params.getlist(name) for part in text.split(",") if part]
    if len(found) > most:
        raise Invalid(f"query parameter {name} must not have more than {most} values")
    return found


TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/consumption_history/account", account),
    ("GET", "/consumption_history/projects", projects),
    ("GET", "/consumption_history/v2/projects", projects_v2),
    ("GET", "/consumption_history/v2/branches", branches_v2),
)

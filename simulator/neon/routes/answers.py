"""Answers several kinds of objects share."""

from collections.abc import Sequence

from starlette.responses import JSONResponse, Response

from simulator.neon import shapes
from simulator.neon.model import Branch, Operation, Project
from simulator.neon.wire import Call


def operations(begun: Sequence[Operation]) -> shapes.Json:
    """The operations a mutation answers with; what it changed is usable once the last has finished."""
    return {"operations": [shapes.operation(operation) for operation in begun]}


def changed(kind: str, shape: shapes.Json, begun: Sequence[Operation], status: int = 200) -> Response:
    return JSONResponse({kind: shape, **operations(begun)}, status)


def branch(call: Call, value: Branch, project: Project | None = None) -> shapes.Json:
    owner = project or call.plane.account.project(value.project_id)
    return shapes.branch(value, owner, call.plane.account)


def gone() -> Response:
    """What was to be deleted is not there any more."""
    return Response(status_code=204)

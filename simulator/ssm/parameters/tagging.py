"""Operations on tags."""

from typing import Any

from simulator.ssm.parameters import tags
from simulator.ssm.parameters.model import Parameter
from simulator.ssm.parameters.names import plain
from simulator.ssm.parameters.refusals import Refusal
from simulator.ssm.parameters.store import Call


async def add_tags_to_resource(call: Call) -> dict[str, Any]:
    given = tags.given(call.request["Tags"])
    parameter = resource(call, given)
    parameter.tags = tags.together(parameter.tags, given)
    return {}


async def remove_tags_from_resource(call: Call) -> dict[str, Any]:
    parameter = resource(call)
    gone = set(call.request["TagKeys"])
    parameter.tags = {name: value for name, value in parameter.tags.items() if name not in gone}
    return {}


def resource(call: Call, given: dict[str, str] | None = None) -> Parameter:
    """The parameter a tag operation speaks of, for those who may; `given` are tags to be added."""
    try:
        name = plain(call.request["ResourceId"], call.store.place)
    except Refusal:
        raise _no_such_resource() from None
    call.may(name, extra=requested(given or {}))
    found = call.store.find(name) if call.request["ResourceType"] == "Parameter" else None
    if found is None:
        raise _no_such_resource()
    return found


def requested(given: dict[str, str]) -> dict[str, list[str]]:
    """Condition keys of the tags a request brings."""
    if not given:
        return {}
    return {
        "aws:TagKeys": list(given),
        **{f"aws:RequestTag/{name}": [value] for name, value in given.items()},
    }


def _no_such_resource() -> Refusal:
    return Refusal(
        "InvalidResourceId",
        "The resource ID isn't valid. Verify that you entered the correct ID and try again.",
    )

"""Operations that tell: values on request, everything else from the catalog."""

from collections.abc import Iterable
from typing import Any

from simulator.ssm.parameters import filters, tagging
from simulator.ssm.parameters.model import Parameter, Version, metadata, moment
from simulator.ssm.parameters.names import Asked, asked, key, path, plain
from simulator.ssm.parameters.refusals import Refusal, not_found
from simulator.ssm.parameters.store import Call

Found = tuple[Asked, Parameter, Version]
_BY_PATH_PAGE = 10
_PAGE = 50


async def get_parameter(call: Call) -> dict[str, Any]:
    name = asked(call.request["Name"], call.store.place)
    call.may(name)
    parameter = call.store.the(name)
    told = await _told(call, [(name, parameter, parameter.version(name.selector))])
    if not told:
        raise not_found()
    return {"Parameter": told[0]}


async def get_parameters(call: Call) -> dict[str, Any]:
    names = {text: asked(text, call.store.place) for text in call.request["Names"]}
    call.may(*names.values())
    found: list[Found] = []
    absent: list[str] = []
    for text, name in names.items():
        parameter = call.store.find(name)
        try:
            version = parameter.version(name.selector) if parameter else None
        except Refusal:
            version = None
        if parameter and version:
            found.append((name, parameter, version))
        else:
            absent.append(text)
    return {"Parameters": await _told(call, found), "InvalidParameters": absent}


async def get_parameters_by_path(call: Call) -> dict[str, Any]:
    request = call.request
    below = path(request["Path"])
    resource = call.store.place.arn(request["Path"])
    call.may_on(resource, extra={"ssm:Recursive": [str(bool(request.get("Recursive"))).lower()]})
    selected, labels = filters.by_path(request.get("ParameterFilters", []))
    under = filters.below(below, recursive=request.get("Recursive", False))
    found = [
        (Asked(parameter.name), parameter, version)
        for parameter in call.store.catalog.parameters.values()
        if under(parameter) and selected(parameter)
        for version in (filters.labelled(parameter, labels) if labels else [parameter.latest])
    ]
    listing = {name: request.get(name) for name in ("Path", "Recursive", "ParameterFilters")}
    page, token = call.store.pages.page(
        found,
        lambda each: (each[1].serial << 32) + each[2].number,
        request.get("MaxResults", _BY_PATH_PAGE),
        {**listing, "action": call.action},
        request.get("NextToken"),
    )
    return _with_token({"Parameters": await _told(call, page)}, token)


async def describe_parameters(call: Call) -> dict[str, Any]:
    request = call.request
    call.may_on(call.store.place.everything)
    selected = filters.described(request.get("ParameterFilters", []), request.get("Filters", []))
    shared = request.get("Shared", False)
    everything = [] if shared else call.store.catalog.parameters.values()
    listing = {name: request.get(name) for name in ("ParameterFilters", "Filters", "Shared")}
    page, token = call.store.pages.page(
        (parameter for parameter in everything if selected(parameter)),
        lambda parameter: parameter.serial,
        request.get("MaxResults", _PAGE),
        {**listing, "action": call.action},
        request.get("NextToken"),
    )
    told = [
        metadata(parameter, parameter.latest) | {"ARN": call.store.place.arn(parameter.name)}
        for parameter in page
    ]
    return _with_token({"Parameters": told}, token)


async def get_parameter_history(call: Call) -> dict[str, Any]:
    name = plain(call.request["Name"], call.store.place)
    call.may(name)
    parameter = call.store.the(name)
    page, token = call.store.pages.page(
        parameter.versions,
        lambda version: version.number,
        call.request.get("MaxResults", _PAGE),
        {"Name": name.key, "action": call.action},
        call.request.get("NextToken"),
    )
    values = await _values(call, [(name, parameter, version) for version in page])
    told = [
        metadata(parameter, version)
        | {"Value": values[parameter.serial, version.number], "Labels": list(version.labels)}
        for version in page
        if (parameter.serial, version.number) in values
    ]
    return _with_token({"Parameters": told}, token)


async def list_tags_for_resource(call: Call) -> dict[str, Any]:
    parameter = tagging.resource(call)
    return {"TagList": [{"Key": name, "Value": value} for name, value in parameter.tags.items()]}


async def _told(call: Call, found: Iterable[Found]) -> list[dict[str, Any]]:
    """As GetParameter tells them; a value that was deleted in the meantime is left out."""
    wanted = list(found)
    values = await _values(call, wanted)
    told = []
    for name, parameter, version in wanted:
        if (parameter.serial, version.number) not in values:
            continue
        entry = {
            "Name": name.name,
            "Type": version.type,
            "Value": values[parameter.serial, version.number],
            "Version": version.number,
            "LastModifiedDate": moment(version.modified_at),
            "ARN": call.store.place.arn(parameter.name),
            "DataType": version.data_type,
        }
        told.append(entry | ({"Selector": f":{name.selector}"} if name.selector else {}))
    return told


async def _values(call: Call, wanted: Iterable[Found]) -> dict[tuple[int, int], str]:
    """By serial and number of the version; secure ones sealed unless decryption is asked for."""
    plain_texts = bool(call.request.get("WithDecryption"))
    found: dict[tuple[int, int], str] = {}
    asked_for: dict[tuple[str, int], tuple[int, int]] = {}
    for _, parameter, version in wanted:
        place = (parameter.serial, version.number)
        if version.secure and not plain_texts:
            found[place] = version.sealed
        else:
            call.may_decrypt(parameter, version)
            asked_for[key(parameter.name), version.number] = place
    read = await call.store.values.read(asked_for)
    return found | {asked_for[each]: value for each, value in read.items() if each in asked_for}


def _with_token(answer: dict[str, Any], token: str | None) -> dict[str, Any]:
    return answer | ({"NextToken": token} if token else {})

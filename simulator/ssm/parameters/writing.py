"""Operations that change parameters; one at a time, catalog and values together."""

from typing import Any

from simulator.ssm.parameters import labels, matching, tags
from simulator.ssm.parameters.keys import MANAGED_ALIAS
from simulator.ssm.parameters.model import SECURE
from simulator.ssm.parameters.names import new, plain
from simulator.ssm.parameters.putting import VERSIONS, Writer, next_version
from simulator.ssm.parameters.store import Call
from simulator.ssm.parameters.tagging import requested


async def put_parameter(call: Call) -> dict[str, Any]:
    request, store = call.request, call.store
    name = new(request["Name"], store.place)
    given = tags.together({}, tags.given(request.get("Tags", [])))
    overwrite = str(bool(request.get("Overwrite"))).lower()
    call.may(name, extra={"ssm:Overwrite": [overwrite], **requested(given)})
    if given:
        call.may(name, action="AddTagsToResource", extra=requested(given))
    async with store.writing:
        standing = store.find(name)
        version = next_version(request, standing, store.catalog, _writer(call, standing))
        value, kind = request["Value"], version.type
        await matching.require(version.allowed_pattern, value)
        call.may_encrypt(name.name, version)
        version.number = await store.values.put(name.key, value, kind, exists=standing is not None)
        if standing:
            standing.versions = [*standing.versions, version][-VERSIONS:]
        else:
            store.catalog.add(name.key, name.name, version, given)
    return {"Version": version.number, "Tier": version.tier}


async def delete_parameter(call: Call) -> dict[str, Any]:
    name = plain(call.request["Name"], call.store.place)
    call.may(name)
    async with call.store.writing:
        call.store.the(name)
        await _delete(call, name.key)
    return {}


async def delete_parameters(call: Call) -> dict[str, Any]:
    names = {text: plain(text, call.store.place) for text in call.request["Names"]}
    call.may(*names.values())
    deleted = []
    async with call.store.writing:
        for text, name in names.items():
            if call.store.find(name):
                await _delete(call, name.key)
                deleted.append(text)
    return {
        "DeletedParameters": deleted,
        "InvalidParameters": [text for text in names if text not in deleted],
    }


async def label_parameter_version(call: Call) -> dict[str, Any]:
    name = plain(call.request["Name"], call.store.place)
    call.may(name)
    number = call.request.get("ParameterVersion")
    wrong, version = labels.attach(call.store.the(name), number, call.request["Labels"])
    return {"InvalidLabels": wrong, "ParameterVersion": version}


async def unlabel_parameter_version(call: Call) -> dict[str, Any]:
    name = plain(call.request["Name"], call.store.place)
    call.may(name)
    number = call.request["ParameterVersion"]
    removed, wrong = labels.detach(call.store.the(name), number, call.request["Labels"])
    return {"RemovedLabels": removed, "InvalidLabels": wrong}


def _writer(call: Call, standing: Any) -> Writer:
    """The key of a secure value: the one asked for, else the one that stands, else AWS's own."""
    wanted = call.request.get("KeyId") or (standing.latest.key_id if standing else "") or MANAGED_ALIAS
    if call.request.get("Type") == SECURE or (standing and standing.latest.secure):
        call.store.keys.find(wanted)
    return Writer(call.principal.arn, call.store.clock.now(), wanted)


async def _delete(call: Call, key: str) -> None:
    await call.store.values.delete(key)
    del call.store.catalog.parameters[key]

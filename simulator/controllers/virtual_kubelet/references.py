"""Volumes that hold Secrets and ConfigMaps: which files they are, and why they cannot be had.

Source of the words: the kubelet's volume plugins `secret`, `configmap` and `projected`.
"""

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from simulator.controllers.kinds import Object, namespace_of
from simulator.controllers.virtual_kubelet.environment import Sources

Files = dict[str, bytes]
"""Contents by path below the volume."""


class MountFailed(Exception):
    """A volume cannot be set up; the text is that of the event FailedMount."""


async def files(pod: Object, sources: Sources) -> dict[str, Files]:
    """The files of every volume of references the containers mount; raises MountFailed."""
    found: dict[str, Files] = {}
    for volume in pod["spec"].get("volumes") or ():
        references = list(_references(volume))
        if not references or volume["name"] not in _mounted(pod):
            continue
        content: Files = {}
        for kind, reference in references:
            try:
                content |= await _one(kind, reference, namespace_of(pod), sources)
            except MountFailed as error:
                text = f'MountVolume.SetUp failed for volume "{volume["name"]}" : {error}'
                raise MountFailed(text) from error
        found[volume["name"]] = content
    return found


def write(directory: Path, volumes: Mapping[str, Files]) -> None:
    """Have exactly these files below `directory`, a folder for each volume, readable by their owner alone."""
    for name, content in volumes.items():
        folder = directory / name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for gone in [each for each in folder.rglob("*") if each.is_file()]:
            if gone.relative_to(folder).as_posix() not in content:
                gone.unlink()
        for path, data in content.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = target.with_name(target.name + ".new")
            fresh.touch(mode=0o600)
            fresh.write_bytes(data)
            fresh.replace(target)


def names(pod: Object) -> set[str]:
    """The volumes of a pod that hold references."""
    volumes = pod["spec"].get("volumes") or ()
    return {str(volume["name"]) for volume in volumes if list(_references(volume))}


def _mounted(pod: Object) -> set[str]:
    spec = pod["spec"]
    every = [*(spec.get("initContainers") or ()), *spec["containers"]]
    return {mount["name"] for each in every for mount in each.get("volumeMounts") or ()}


def _references(volume: Object) -> Iterable[tuple[str, Object]]:
    """Kind and reference of each source; what a token or the node itself would hold is none."""
    if "secret" in volume:
        yield "secret", {**volume["secret"], "name": volume["secret"].get("secretName", "")}
    if "configMap" in volume:
        yield "configmap", volume["configMap"]
    for source in (volume.get("projected") or {}).get("sources") or ():
        if "secret" in source:
            yield "secret", source["secret"]
        if "configMap" in source and source["configMap"].get("name") != "kube-root-ca.crt":
            yield "configmap", source["configMap"]


async def _one(kind: str, reference: Object, namespace: str, sources: Sources) -> Files:
    lookup = sources.secret if kind == "secret" else sources.config_map
    held = await lookup(reference["name"], namespace)
    if held is None:
        if reference.get("optional"):
            return {}
        raise MountFailed(f'{kind} "{reference["name"]}" not found')
    data = _data(kind, held)
    items = reference.get("items")
    if not items:
        return data
    chosen: Files = {}
    for item in items:
        if item["key"] in data:
            chosen[_inside(item.get("path") or item["key"])] = data[item["key"]]
        elif not reference.get("optional"):
            word = "secret" if kind == "secret" else "config"
            raise MountFailed(f"references non-existent {word} key: {item['key']}")
    return chosen


def _data(kind: str, held: Object) -> Files:
    binary = held.get("data" if kind == "secret" else "binaryData") or {}
    decoded = {name: base64.b64decode(text) for name, text in binary.items()}
    if kind == "secret":
        return decoded
    return {name: text.encode() for name, text in (held.get("data") or {}).items()} | decoded


def _inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if PurePosixPath(path).is_absolute() or ".." in parts:
        raise MountFailed(f"invalid path {path}: it must stay inside the volume")
    return path

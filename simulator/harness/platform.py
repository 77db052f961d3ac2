"""The platform's bootstrap: what `manifests/` holds, applied to an empty cluster in the order it is to be."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from string import Template

import yaml

from simulator.backends.failure import BackendFailed
from simulator.controllers.api import Api
from simulator.controllers.kinds import CUSTOM_RESOURCE_DEFINITION, SECRET, Kind, Object, name_of
from simulator.controllers.virtual_kubelet.kubelet import NAME as NODE_NAME
from simulator.controllers.workloads.volumes import DEFAULT_CLASS
from simulator.harness.clients import REGION
from simulator.harness.manifests import manifests
from simulator.harness.marked import marked
from simulator.harness.minted import AccessKey
from simulator.harness.order import VERSIONS
from simulator.harness.tenants import BRANCH

_WAIT_SECONDS = 30.0
_EXTERNAL_SECRETS = "external-secrets.io"
_OVERLAYS = {"prod": "production"}
_READY = (
    ("external-secrets.io/v1", "ClusterSecretStore", "aws-parameter-store", "Ready"),
    (
        "apiextensions.crossplane.io/v1",
        "CompositeResourceDefinition",
        "xdragonflyinstances.cache.bizmatters.io",
        "Offered",
    ),
    ("v1", "Node", NODE_NAME, "Ready"),
)


async def define(api: Api, marks: Mapping[str, str], external_secrets: str = VERSIONS[0]) -> None:
    """Register the custom resources the platform uses, labelled `marks`, and wait until they are served.

    Those of External Secrets are served in the version named.
    """
    found = [_in_version(each, external_secrets) for each in _documents(manifests() / "crds", {})]
    definitions = [marked(each, marks) for each in found]
    async with asyncio.TaskGroup() as group:
        for definition in definitions:
            group.create_task(_define(api, definition))


@dataclass(frozen=True, slots=True)
class Setting:
    """What the platform's manifests leave open, and the labels of what is applied."""

    environment: str
    repository: str
    storage_class: str = DEFAULT_CLASS
    marks: Mapping[str, str] = field(default_factory=dict)
    external_secrets: str = VERSIONS[0]

    def values(self) -> dict[str, str]:
        """By the names of the placeholders."""
        return {
            "tenants_repo": self.repository,
            "revision": BRANCH,
            "overlay": _OVERLAYS.get(self.environment, self.environment),
            "aws_region": REGION,
            "storage_class": self.storage_class,
        }


async def apply(api: Api, key: AccessKey, setting: Setting) -> None:
    """Apply the platform in order; `key` is how External Secrets reads Parameter Store."""
    values, marks = setting.values(), setting.marks
    namespaces, *rest = sorted((manifests() / "platform").glob("*.yaml"))
    for document in _of_file(namespaces, values):
        await _apply(api, marked(document, marks))
    await api.apply(SECRET, marked(_access_token(key), marks))
    for path in rest:
        for document in _of_file(path, values):
            await _apply(api, marked(_in_version(document, setting.external_secrets), marks))


async def grant(api: Api) -> None:
    """Apply the role of those who only look, as a person with the rights to does once in every cluster."""
    for document in _of_file(manifests() / "rbac" / "viewer.yaml", {}):
        await _apply(api, document)


async def ready(api: Api, external_secrets: str = VERSIONS[0]) -> None:
    """Return once tenants can be deployed; raises BackendFailed with what was not ready in time."""
    async with asyncio.TaskGroup() as group:
        for usual, kind, name, condition in _READY:
            api_version = _in_version({"apiVersion": usual, "kind": kind}, external_secrets)["apiVersion"]
            resource = await api.resource(api_version, kind)
            group.create_task(_until(api, resource, name, partial(_is_true, condition=condition)))


def _in_version(document: Object, version: str) -> Object:
    """A manifest of External Secrets, or the definition of its kinds, in the version that is served."""
    if document["kind"] == "CustomResourceDefinition":
        spec = document["spec"]
        if spec["group"] != _EXTERNAL_SECRETS:
            return document
        return {
            **document,
            "spec": {**spec, "versions": [{**each, "name": version} for each in spec["versions"]]},
        }
    if document["apiVersion"].startswith(f"{_EXTERNAL_SECRETS}/"):
        return {**document, "apiVersion": f"{_EXTERNAL_SECRETS}/{version}"}
    return document


async def _define(api: Api, definition: Object) -> None:
    await api.apply(CUSTOM_RESOURCE_DEFINITION, definition)
    name = name_of(definition)
    await _until(api, CUSTOM_RESOURCE_DEFINITION, name, partial(_is_true, condition="Established"))


async def _apply(api: Api, document: Object) -> None:
    await api.apply(await api.resource(document["apiVersion"], document["kind"]), document)


async def _until(api: Api, kind: Kind, name: str, fulfilled: Callable[[Object], bool]) -> None:
    seen: Object = {}
    try:
        async with asyncio.timeout(_WAIT_SECONDS):
            while True:
                listing = await api.list(kind, fields=f"metadata.name={name}")
                seen = listing.items[0] if listing.items else {}
                if fulfilled(seen) or await _changes(api, kind, name, listing.version, fulfilled):
                    return
    except TimeoutError as exc:
        conditions = seen.get("status", {}).get("conditions", "none")
        raise BackendFailed(
            "platform",
            f"{kind.kind} {name} was not ready within {_WAIT_SECONDS:.0f} s (conditions: {conditions})",
        ) from exc


async def _changes(
    api: Api, kind: Kind, name: str, version: str, fulfilled: Callable[[Object], bool]
) -> bool:
    """Whether a change fulfilled it before the server ended the watch."""
    async with aclosing(api.watch(kind, version=version, fields=f"metadata.name={name}")) as events:
        async for event in events:
            if event.type in {"ADDED", "MODIFIED"} and fulfilled(event.object):
                return True
    return False


def _is_true(obj: Object, condition: str) -> bool:
    conditions = obj.get("status", {}).get("conditions") or []
    return any(each["type"] == condition and each["status"] == "True" for each in conditions)


def _access_token(key: AccessKey) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {"name": "aws-access-token", "namespace": "external-secrets"},
        "stringData": {"AWS_ACCESS_KEY_ID": key.id, "AWS_SECRET_ACCESS_KEY": key.secret},
    }


def _documents(directory: Path, values: Mapping[str, str]) -> Iterator[Object]:
    for path in sorted(directory.glob("*.yaml")):
        yield from _of_file(path, values)


def _of_file(path: Path, values: Mapping[str, str]) -> Iterator[Object]:
    text = path.read_text()
    yield from filter(
        None, yaml.load_all(Template(text).substitute(values) if values else text, yaml.CSafeLoader)
    )

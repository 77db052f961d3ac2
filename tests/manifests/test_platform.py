"""The custom resource definitions are structural, and everything the platform applies fits them."""

from collections.abc import Iterator
from string import Template
from typing import Any

import jsonschema_rs
import pytest
import yaml

from tests.manifests.rendering import MANIFESTS

CRDS = {path.stem: yaml.safe_load(path.read_text()) for path in sorted((MANIFESTS / "crds").glob("*.yaml"))}
FILLED_IN = {
    "tenants_repo": "file:///tenants.git",
    "revision": "main",
    "overlay": "dev",
    "aws_region": "ap-south-1",
    "storage_class": "local-path",
}
PLATFORM: dict[str, dict[str, Any]] = {
    f"{path.stem}:{obj['kind']}/{obj['metadata']['name']}": obj
    for path in sorted((MANIFESTS / "platform").glob("*.yaml"))
    for obj in yaml.safe_load_all(Template(path.read_text()).substitute(FILLED_IN))
}


def _schemas(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from _schemas(child, f"{path}.{name}")
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from _schemas(schema[name], f"{path}.{name}")


def _root(crd: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


@pytest.mark.parametrize("name", CRDS)
def test_a_definition_is_named_and_typed_as_the_api_server_demands(name: str) -> None:
    crd = CRDS[name]
    spec = crd["spec"]
    assert crd["metadata"]["name"] == f"{spec['names']['plural']}.{spec['group']}" == name
    assert [version["storage"] for version in spec["versions"]] == [True]
    untyped = [path for path, schema in _schemas(_root(crd)) if "type" not in schema]
    assert untyped == []
    loose = [
        path
        for path, schema in _schemas(_root(crd))
        if schema["type"] == "object"
        and not {"properties", "additionalProperties", "x-kubernetes-preserve-unknown-fields"} & schema.keys()
    ]
    assert loose == [".metadata"]


def test_application_writes_status_through_itself_and_the_operators_kinds_do_not() -> None:
    with_status = {
        name for name, crd in CRDS.items() if "status" in crd["spec"]["versions"][0].get("subresources", {})
    }
    assert "applications.argoproj.io" not in with_status
    assert {
        "externalsecrets.external-secrets.io",
        "secretstores.external-secrets.io",
        "clustersecretstores.external-secrets.io",
        "compositeresourcedefinitions.apiextensions.crossplane.io",
        "objects.kubernetes.crossplane.io",
    } <= with_status


def _served(obj: dict[str, Any]) -> dict[str, Any] | None:
    for crd in CRDS.values():
        version = crd["spec"]["versions"][0]["name"]
        if (f"{crd['spec']['group']}/{version}", crd["spec"]["names"]["kind"]) == (
            obj["apiVersion"],
            obj["kind"],
        ):
            return _root(crd)
    return None


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with unknown fields forbidden wherever the API server would prune them."""
    closed = dict(schema)
    if "properties" in closed:
        closed["properties"] = {name: _closed(child) for name, child in closed["properties"].items()}
        if not closed.get("x-kubernetes-preserve-unknown-fields"):
            closed.setdefault("additionalProperties", False)
    if "items" in closed:
        closed["items"] = _closed(closed["items"])
    return closed


@pytest.mark.parametrize("obj", PLATFORM.values(), ids=PLATFORM)
def test_every_object_of_the_platform_fits_its_definition_without_a_field_too_many(
    obj: dict[str, Any],
) -> None:
    schema = _served(obj)
    if schema is None:
        assert obj["kind"] == "Namespace"
        return
    jsonschema_rs.validator_for(_closed(schema)).validate(obj)


def test_the_definitions_refuse_what_the_real_ones_refuse() -> None:
    application = jsonschema_rs.validator_for(_closed(_root(CRDS["applications.argoproj.io"])))
    good = {"metadata": {}, "spec": {"project": "default", "destination": {}, "source": {"repoURL": "x"}}}
    assert application.is_valid(good)
    assert not application.is_valid(good | {"spec": {"project": "default"}})
    secret = jsonschema_rs.validator_for(_closed(_root(CRDS["externalsecrets.external-secrets.io"])))
    assert not secret.is_valid({"spec": {"data": [{"secretKey": "A", "remoteRef": {}}]}})


def test_the_composition_makes_the_four_objects_of_the_claim_with_their_names() -> None:
    composition = next(obj for obj in PLATFORM.values() if obj["kind"] == "Composition")
    made = {
        resource["name"]: resource["base"]["spec"]["forProvider"]["manifest"]["kind"]
        for resource in composition["spec"]["resources"]
    }
    assert made == {
        "password-secret": "Secret",
        "dragonfly-service": "Service",
        "dragonfly-statefulset": "StatefulSet",
        "connection-secret": "Secret",
    }
    connection = composition["spec"]["resources"][-1]
    written = {patch.get("toFieldPath", "").rpartition(".")[2] for patch in connection["patches"]}
    fixed = connection["base"]["spec"]["forProvider"]["manifest"]["stringData"].keys()
    assert {"DRAGONFLY_HOST", "DRAGONFLY_PASSWORD"} <= written
    assert set(fixed) == {"DRAGONFLY_PORT"}


def test_no_password_of_the_cache_is_an_argument_of_its_process() -> None:
    text = (MANIFESTS / "platform" / "31-dragonfly-composition.yaml").read_text()
    assert "--requirepass" not in text

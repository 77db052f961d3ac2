"""What a rendering depends on: the folders kustomizations reach, by the contents of their files."""

from pathlib import Path

import pytest
import yaml

from simulator.controllers.argocd.footprint import digest, footprint, reached
from tests.manifests.rendering import MANIFESTS, tenant_files


def folder(root: Path, name: str, **kustomization: object) -> Path:
    made = root / name
    made.mkdir(parents=True)
    (made / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    return made


def test_bases_and_components_are_reached_and_nothing_outside_the_checkout(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    base = folder(root, "base", components=["../parts"])
    parts = folder(root, "parts", resources=["../base"])
    folder(tmp_path, "outside")
    overlay = folder(root, "dev", resources=["../base", "a.yaml", "../../outside", "https://example.com/x"])
    folder(root, "prod", resources=["../base"])
    assert reached(root, overlay) == {overlay, base, parts}


def test_a_digest_changes_with_what_is_reached_alone(tmp_path: Path) -> None:
    base, overlay = folder(tmp_path, "base"), folder(tmp_path, "dev", resources=["../base"])
    other = folder(tmp_path, "prod", resources=["../base"])
    before = digest(tmp_path, reached(tmp_path, overlay))
    (other / "a.yaml").write_text("a: 1")
    assert digest(tmp_path, reached(tmp_path, overlay)) == before
    (base / "a.yaml").write_text("a: 1")
    assert digest(tmp_path, reached(tmp_path, overlay)) != before


def test_a_kustomization_that_is_no_yaml_reaches_itself(tmp_path: Path) -> None:
    broken = folder(tmp_path, "dev")
    (broken / "kustomization.yaml").write_text("resources: [")
    assert reached(tmp_path, broken) == {broken}


@pytest.mark.parametrize(
    ("said", "sociable"),
    [
        ({"namespace": "space", "labels": [], "replacements": []}, True),
        ({"namePrefix": "x-"}, False),
        ({"configMapGenerator": [{"name": "x"}]}, False),
        ({"openapi": {"path": "schema.json"}}, False),
        ({"vars": []}, False),
    ],
)
def test_what_may_touch_others_is_rendered_alone_wherever_it_is_said(
    tmp_path: Path, said: dict[str, object], sociable: bool
) -> None:
    folder(tmp_path, "base", **said)
    assert footprint(tmp_path, folder(tmp_path, "dev", resources=["../base"])).sociable is sociable


def test_the_overlays_of_the_tenant_template_may_be_rendered_together(tmp_path: Path) -> None:
    service = yaml.safe_load((MANIFESTS / "examples" / "identity-service.yaml").read_text())
    for path, text in tenant_files(service, "https://example.com/tenants.git").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert footprint(tmp_path, tmp_path / "tenants" / "identity-service" / "overlays" / "dev").sociable

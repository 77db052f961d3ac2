"""Repositories and folders become manifests; what cannot be rendered says why."""

from pathlib import Path

import pytest
import yaml

from simulator.clock import WallClock
from simulator.controllers.argocd.git import Repositories, RevisionNotFound
from simulator.controllers.argocd.manifests import RenderFailed, parse
from simulator.controllers.argocd.render import Renderer, globs, read_directory
from tests.simulator.controllers.argocd.conftest import Tenants

MAP = yaml.safe_dump({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", []),
        ("*.yaml", ["*.yaml"]),
        ("{a,b}.yaml", ["a.yaml", "b.yaml"]),
        ("{a,b}/{c,d}", ["a/c", "a/d", "b/c", "b/d"]),
    ],
)
def test_alternatives_of_a_glob(pattern: str, expected: list[str]) -> None:
    assert globs(pattern) == expected


def _names(folder: Path, **options: object) -> list[str]:
    return [obj["metadata"]["name"] for obj in read_directory(folder, options)]


def test_a_folder_is_read_by_recurse_include_and_exclude(tmp_path: Path) -> None:
    for path in (
        "top.yaml",
        "one/00-namespace.yaml",
        "one/base/x.yml",
        "two/00-namespace.yaml",
        "two/notes.md",
    ):
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(MAP.replace("name: a", f"name: {path.replace('/', '.')}"))
    assert _names(tmp_path) == ["top.yaml"]
    assert _names(tmp_path, recurse=True, include="**/00-namespace.yaml") == [
        "one.00-namespace.yaml",
        "two.00-namespace.yaml",
    ]
    assert _names(tmp_path, recurse=True, exclude="two/*") == [
        "one.00-namespace.yaml",
        "one.base.x.yml",
        "top.yaml",
    ]


def test_lists_are_taken_apart_and_empty_documents_left_out() -> None:
    text = yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": [yaml.safe_load(MAP)] * 2})
    assert len(parse(f"---\n{text}\n---\n", "x")) == 2


def test_a_date_stays_a_string() -> None:
    [found] = parse(MAP + "data: {day: 2026-01-31}\n", "x")
    assert found["data"] == {"day": "2026-01-31"}


@pytest.mark.parametrize(
    "text", ["a: [", "just text", "kind: Secret", "apiVersion: v1\nkind: Secret\nmetadata: {}"]
)
def test_what_is_no_object_is_named(text: str) -> None:
    with pytest.raises(RenderFailed, match=r'Failed to unmarshal "x\.yaml"'):
        parse(text, "x.yaml")


def test_a_file_that_does_not_look_like_a_manifest_is_left_out_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("tenant: one\nnamespace: [unclosed")
    (tmp_path / "map.yaml").write_text(MAP)
    assert _names(tmp_path) == ["a"]
    (tmp_path / "broken.yaml").write_text(f"{MAP}data: [unclosed")
    with pytest.raises(RenderFailed, match=r"broken\.yaml") as failed:
        read_directory(tmp_path, {})
    assert failed.value.code == "FailedPrecondition"


@pytest.fixture
def repositories(tmp_path: Path) -> Repositories:
    return Repositories(tmp_path / "cache", WallClock(50), poll=2.0)


async def test_a_branch_a_tag_and_a_commit_resolve_and_a_new_push_is_seen_by_the_next_fetch(
    tenants: Tenants, repositories: Repositories
) -> None:
    first = tenants.commit({"a.yaml": MAP})
    tenants.git("tag", "v1")
    tenants.git("push", "--quiet", tenants.url, "v1")
    tenants.git("tag", "--annotate", "--message", "two", "v2")
    tenants.git("push", "--quiet", tenants.url, "v2")
    for name in ("HEAD", "main", "refs/heads/main", "v1", "v2", first, first[:10]):
        assert await repositories.resolve(tenants.url, name) == first
    second = tenants.commit({"a.yaml": None})
    assert await repositories.resolve(tenants.url, "main") == first
    told: list[bool] = []
    repositories.on_change(lambda: told.append(True))
    await repositories.fetch(tenants.url)
    await repositories.fetch(tenants.url)
    assert await repositories.resolve(tenants.url, "main") == second
    assert told == [True]
    assert (await repositories.checkout(tenants.url, first) / "a.yaml").read_text() == MAP
    assert not (await repositories.checkout(tenants.url, second) / "a.yaml").exists()


async def test_a_repository_that_is_not_there_is_a_revision_not_found(
    tmp_path: Path, repositories: Repositories
) -> None:
    with pytest.raises(RevisionNotFound, match="failed to list refs"):
        await repositories.resolve((tmp_path / "nowhere.git").as_uri(), "main")


async def test_a_source_cannot_leave_its_repository(tenants: Tenants, repositories: Repositories) -> None:
    commit = tenants.commit({"a.yaml": MAP})
    renderer = Renderer(repositories)
    for path in ("..", "../../..", "/"):
        with pytest.raises(RenderFailed, match="app path does not exist"):
            await renderer.render({"repoURL": tenants.url, "path": path}, commit)
    renderer.close()


async def test_options_that_are_not_supported_are_refused_rather_than_ignored(
    tenants: Tenants, repositories: Repositories
) -> None:
    commit = tenants.commit({"a.yaml": MAP})
    renderer = Renderer(repositories)
    with pytest.raises(RenderFailed, match=r"spec\.source\.helm is not supported"):
        await renderer.render({"repoURL": tenants.url, "path": ".", "helm": {"x": 1}}, commit)
    renderer.close()

"""Whether a repository of this machine has new refs shows without asking git."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.controllers.argocd import refs
from tests.simulator.controllers.argocd.conftest import Tenants


def test_a_mark_changes_with_every_ref_that_is_made_moved_packed_or_removed(tenants: Tenants) -> None:
    bare = tenants.url.removeprefix("file://")
    seen = [refs.mark(tenants.url)]
    changes: list[Callable[[], str]] = [
        lambda: tenants.commit({"a": "1"}),
        lambda: tenants.git("push", "--quiet", tenants.url, "HEAD:other"),
        lambda: tenants.git(f"--git-dir={bare}", "pack-refs", "--all"),
        lambda: tenants.git("push", "--quiet", tenants.url, ":other"),
        lambda: tenants.commit({"a": "2"}),
    ]
    for change in changes:
        change()
        seen.append(refs.mark(tenants.url))
    assert None not in seen
    assert len(set(seen)) == len(seen)
    assert refs.mark(tenants.url) == seen[-1]


def test_a_working_copy_is_known_by_its_git_folder(tenants: Tenants) -> None:
    before = refs.mark(tenants.folder.as_uri())
    tenants.git("branch", "other")
    assert None not in {before, refs.mark(tenants.folder.as_uri())}
    assert refs.mark(tenants.folder.as_uri()) != before


@pytest.mark.parametrize("url", ["https://example.com/x.git", "git@example.com:x.git", "file://host/x.git"])
def test_a_repository_elsewhere_has_no_mark(url: str) -> None:
    assert refs.mark(url) is None


def test_nor_has_what_is_not_there(tmp_path: Path) -> None:
    assert refs.mark((tmp_path / "nowhere.git").as_uri()) is None

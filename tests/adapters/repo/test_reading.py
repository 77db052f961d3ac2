"""Snapshots: what stands at the newest commit, with faults kept to their files."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portal.adapters.repo import GitRepository
from portal.adapters.threads import Threads
from portal.errors import NotFound, PortalError, PrerequisiteError, UsageError
from portal.settings import RepositorySettings
from tests.adapters.blocking import loop_guard
from tests.adapters.repo.remote import Remote, tenant


async def test_a_snapshot_holds_every_tenant_with_its_documents_and_paths(
    repository: GitRepository, remote: Remote
) -> None:
    found = await repository.snapshot()
    assert found.commit == remote.head()
    assert found.committed_at == float(remote.git("log", "-1", "--format=%ct", "main"))
    assert set(found.tenants) == {"identity", "billing"}
    identity = found.tenants["identity"]
    assert identity.spec == {"kind": "Service", "metadata": {"name": "identity"}}
    assert identity.overlays == {"dev": {"tenant": "identity", "environment": "dev"}}
    assert set(identity.paths) == set(tenant("identity"))
    assert identity.faults == ()


async def test_a_snapshot_follows_the_branch_and_an_unchanged_one_is_not_read_again(
    repository: GitRepository, remote: Remote
) -> None:
    first = await repository.snapshot()
    assert await repository.snapshot() is first
    remote.commit({**tenant("orders"), **dict.fromkeys(tenant("billing"))})
    second = await repository.snapshot()
    assert set(second.tenants) == {"identity", "orders"}
    assert second.tenants["identity"].spec is first.tenants["identity"].spec


async def test_a_forced_back_branch_is_followed_too(repository: GitRepository, remote: Remote) -> None:
    start = remote.head()
    remote.commit(tenant("orders"))
    await repository.snapshot()
    remote.git("update-ref", "refs/heads/main", start)
    assert (await repository.snapshot()).commit == start


FAULTS = [
    pytest.param("a: [1", "service.yaml:", "not YAML", id="broken"),
    pytest.param("- a\n", "service.yaml", "a list where a mapping", id="not a mapping"),
    pytest.param("", "service.yaml:1:1", "empty", id="empty"),
    pytest.param("a: 1\nb:\n  c: 1\n  c: 2\n", "service.yaml:4:3", "'c' stands twice", id="repeated key"),
    pytest.param("a: 1\n---\nb: 2\n", "service.yaml:3:1", "second document", id="two documents"),
    pytest.param("a: !!python/object/apply:os.system [id]\n", "service.yaml:1:4", "tag", id="tag"),
    pytest.param(b"\xff\xfe\x00", "service.yaml", "not UTF-8", id="binary"),
    pytest.param("a" * (1 << 20) + "b", "service.yaml", "larger than", id="large"),
]


@pytest.mark.parametrize(("content", "place", "fault"), FAULTS)
async def test_a_bad_file_is_a_fault_of_its_tenant_and_harms_no_other(
    repository: GitRepository, remote: Remote, content: str | bytes, place: str, fault: str
) -> None:
    remote.commit({"tenants/identity/service.yaml": content})
    found = await repository.snapshot()
    (text,) = found.tenants["identity"].faults
    assert place in text
    assert fault in text
    assert found.tenants["identity"].overlays["dev"] is not None
    assert found.tenants["billing"].faults == ()


async def test_a_link_is_a_fault_and_never_followed(
    repository: GitRepository, remote: Remote, tmp_path: Path
) -> None:
    path = tmp_path / "clone" / "tenants" / "identity" / "service.yaml"
    path.unlink()
    path.symlink_to("/etc/passwd")
    remote.commit({})
    (fault,) = (await repository.snapshot()).tenants["identity"].faults
    assert "not a plain file" in fault


async def test_a_tenant_without_specification_has_none(repository: GitRepository, remote: Remote) -> None:
    remote.commit({"tenants/legacy/overlays/dev/config.yaml": "tenant: legacy\n", "tenants/stray.txt": "x"})
    found = await repository.snapshot()
    assert found.tenants["legacy"].spec is None
    assert found.tenants["legacy"].overlays == {"dev": {"tenant": "legacy"}}
    assert set(found.tenants) == {"identity", "billing", "legacy"}


async def test_a_repository_without_tenants_is_empty(repository: GitRepository, remote: Remote) -> None:
    remote.commit(dict.fromkeys([*tenant("identity"), *tenant("billing")]))
    assert (await repository.snapshot()).tenants == {}


async def test_files_are_read_at_the_newest_fetched_commit(repository: GitRepository, remote: Remote) -> None:
    path = "tenants/identity/overlays/dev/config.yaml"
    assert await repository.read([path, "tenants/absent", "tenants/identity"]) == {path: remote.text(path)}
    remote.commit({path: "tenant: changed\n"})
    assert await repository.read([path]) == {path: "tenant: identity\nenvironment: dev\n"}
    await repository.snapshot()
    assert await repository.read([path]) == {path: "tenant: changed\n"}
    assert await repository.read([]) == {}


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"branch": "absent"}, NotFound),
        ({"url": "file:///nowhere/at/all.git"}, NotFound),
        ({"url": ""}, UsageError),
        ({"url": "--upload-pack=touch x"}, UsageError),
        ({"branch": "--x"}, UsageError),
        ({"branch": "a..b"}, UsageError),
        ({"branch": ""}, UsageError),
    ],
    ids=str,
)
async def test_a_repository_that_cannot_be_is_an_error_of_its_kind(
    change: dict[str, Any], kind: type[PortalError], remote: Remote, state: Path, threads: Threads
) -> None:
    settings = replace(RepositorySettings(url=remote.url), **change)
    with pytest.raises(kind):
        await GitRepository(settings, state, threads, isolated=True).snapshot()


def test_a_password_in_the_url_is_refused_and_not_shown(state: Path, threads: Threads) -> None:
    settings = RepositorySettings(url="https://me:canary-password@git.example.invalid/x.git")
    with pytest.raises(UsageError, match="credential helper") as caught:
        GitRepository(settings, state, threads)
    assert "canary-password" not in str(caught.value)


async def test_without_git_the_way_out_is_named(
    opened: Callable[[], GitRepository], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PrerequisiteError, match="git is not on PATH"):
        await opened().snapshot()


async def test_a_state_directory_that_cannot_be_made_is_one_sentence(
    remote: Remote, threads: Threads, tmp_path: Path
) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("a file")
    with pytest.raises(PrerequisiteError, match="writable state directory"):
        await GitRepository(RepositorySettings(url=remote.url), occupied, threads).snapshot()


async def test_only_its_owner_may_read_the_mirror(repository: GitRepository, state: Path) -> None:
    await repository.snapshot()
    assert (state / "repository").stat().st_mode & 0o077 == 0


async def test_nothing_of_it_blocks_the_loop(repository: GitRepository) -> None:
    with loop_guard() as seen:
        await repository.snapshot()
    assert seen == []

"""Commits: exactly one, on top, checked, never twice, never over somebody else's."""

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from portal.adapters.repo import GitRepository
from portal.adapters.threads import Threads
from portal.core.facets import TenantKey
from portal.core.repository import CommitRequest
from portal.errors import Conflict, Precondition, RefusedError, Unreachable
from portal.settings import RepositorySettings
from tests.adapters.blocking import loop_guard
from tests.adapters.repo.remote import Disturbed, Remote, tenant
from tests.simulator.waiting import until

Opened = Callable[[], GitRepository]


def request(
    files: Mapping[str, str], service: str = "orders", trailers: Mapping[str, str] | None = None
) -> CommitRequest:
    return CommitRequest(TenantKey(service, "dev"), files, f"Onboard {service}", trailers or {"Run": "r1"})


async def test_one_commit_stands_on_top_with_its_trailers_and_changes_nothing_else(
    repository: GitRepository, remote: Remote
) -> None:
    before = remote.head()
    trailers = {"Managed-By": "zerotouch-portal", "Tenant": "orders/dev"}
    result = await repository.commit(request(tenant("orders"), trailers=trailers))
    assert result.changed
    assert result.commit == remote.head()
    assert remote.history() == ["start", "Onboard orders"]
    assert remote.git("rev-parse", "main^").strip() == before
    changed = remote.git("diff", "--name-status", "main^", "main").splitlines()
    assert sorted(changed) == sorted(f"A\t{path}" for path in tenant("orders"))
    assert remote.text("tenants/orders/base/map.yaml") == tenant("orders")["tenants/orders/base/map.yaml"]
    body = remote.git("log", "-1", "--format=%(trailers:only,unfold)", "main")
    assert body.strip() == "Managed-By: zerotouch-portal\nTenant: orders/dev"
    assert await repository.read(["tenants/orders/service.yaml"])


async def test_files_that_already_stand_as_asked_make_no_commit_and_no_push(
    opened: Opened, remote: Remote, disturbed: Disturbed
) -> None:
    disturbed.before_push("")
    repository = opened()
    await repository.commit(request(tenant("orders")))
    head = remote.head()
    result = await repository.commit(request(tenant("orders")))
    assert (result.commit, result.changed) == (head, False)
    assert disturbed.pushes() == 1
    assert remote.head() == head


async def test_files_are_taken_out_in_the_same_commit_and_only_once(
    repository: GitRepository, remote: Remote
) -> None:
    files = tenant("orders")
    await repository.commit(request(files))
    gone = tuple(path for path in files if "/overlays/" in path)
    kept = {"tenants/orders/service.yaml": "kind: Service\n"}
    asked = CommitRequest(TenantKey("orders", "dev"), kept, "Offboard orders", {"Run": "r2"}, gone)
    assert (await repository.commit(asked)).changed
    changed = remote.git("diff", "--name-status", "main^", "main").splitlines()
    assert {f"D\t{path}" for path in gone} <= set(changed)
    assert not (await repository.commit(asked)).changed
    whole = tuple(path for path in files if path not in gone)
    await repository.commit(CommitRequest(asked.tenant, {}, "Offboard orders", {"Run": "r3"}, whole))
    assert "tenants/orders/" not in remote.git("ls-tree", "-r", "--name-only", "main")
    assert await repository.read(["tenants/identity/service.yaml"])


@pytest.mark.parametrize("path", ["tenants/identity/service.yaml", "../x", "tenants/orders/../identity/x"])
async def test_nothing_outside_of_the_tenants_folder_is_taken_out(
    repository: GitRepository, remote: Remote, path: str
) -> None:
    head = remote.head()
    with pytest.raises(RefusedError, match="lies outside"):
        await repository.commit(CommitRequest(TenantKey("orders", "dev"), {}, "x", {"Run": "r"}, (path,)))
    assert remote.head() == head


async def test_for_review_the_commit_waits_on_a_branch_of_its_own_and_is_proposed_once(
    remote: Remote, threads: Threads, tmp_path: Path
) -> None:
    settings = RepositorySettings(url=remote.url, review=True)
    repository = GitRepository(settings, tmp_path / "state", threads, isolated=True)
    head, trailers = remote.head(), {"Portal-Tenant": "orders/dev"}
    first = await repository.commit(request(tenant("orders"), trailers=trailers))
    assert (first.changed, first.branch, remote.head()) == (True, "portal/orders-dev", head)
    assert remote.git("rev-parse", f"{first.branch}^").strip() == head
    again = await repository.commit(request(tenant("orders"), trailers=trailers))
    assert (again.commit, again.changed) == (first.commit, False)
    other = await repository.commit(request(tenant("orders", value="v2"), trailers=trailers))
    assert remote.git("rev-parse", f"{first.branch}^").strip() == head
    remote.git("update-ref", "refs/heads/main", other.commit)
    merged = await repository.commit(request(tenant("orders", value="v2"), trailers=trailers))
    assert (merged.changed, merged.branch) == (False, "")


async def test_a_branch_of_that_name_with_commits_of_somebody_else_is_left_alone(
    remote: Remote, threads: Threads, tmp_path: Path
) -> None:
    theirs = remote.commit({"tenants/orders/notes.md": "by hand\n"})
    remote.git("update-ref", "refs/heads/portal/orders-dev", theirs)
    remote.git("update-ref", "refs/heads/main", f"{theirs}^")
    settings = RepositorySettings(url=remote.url, review=True)
    repository = GitRepository(settings, tmp_path / "state", threads, isolated=True)
    with pytest.raises(Conflict, match="somebody else"):
        await repository.commit(request(tenant("orders"), trailers={"Portal-Tenant": "orders/dev"}))
    assert remote.git("rev-parse", "portal/orders-dev").strip() == theirs


async def test_files_not_named_stay_and_their_modes_too(
    repository: GitRepository, remote: Remote, tmp_path: Path
) -> None:
    (tmp_path / "clone" / "tenants/identity/base/map.yaml").chmod(0o755)
    remote.commit({"tenants/identity/notes.md": "by hand\n"})
    await repository.commit(request(tenant("identity", value="v2"), "identity"))
    assert remote.git("diff", "--name-only", "main^", "main").split() == ["tenants/identity/base/map.yaml"]
    assert remote.git("ls-tree", "main", "tenants/identity/base/map.yaml").startswith("100755")


@pytest.mark.parametrize(
    "path",
    [
        "tenants/billing/service.yaml",
        "tenants/orders",
        "tenants/orders/../billing/service.yaml",
        "tenants/orders//x",
        "/tenants/orders/x",
        "tenants/orders/.git/config",
        "tenants/orders/a\nb",
        "README.md",
        "",
    ],
)
async def test_a_path_outside_of_the_tenants_folder_is_refused(
    repository: GitRepository, remote: Remote, path: str
) -> None:
    with pytest.raises(RefusedError):
        await repository.commit(request({path: "x\n"}))
    assert remote.history() == ["start"]


PEM = "-----BEGIN " + "RSA PRIVATE KEY-----"


@pytest.mark.parametrize("secret", [f"key: |\n  {PEM}\n  canary", "url: postgres://app:canary@host/db"])
async def test_text_that_holds_a_secret_is_refused_by_place_and_never_becomes_an_object(
    repository: GitRepository, remote: Remote, state: Path, secret: str
) -> None:
    await repository.snapshot()
    with pytest.raises(RefusedError, match=r"line \d of tenants/orders/base/x\.yaml") as caught:
        await repository.commit(request({**tenant("orders"), "tenants/orders/base/x.yaml": secret}))
    assert "canary" not in str(caught.value)
    assert remote.history() == ["start"]
    (mirror,) = (state / "repository").glob("*.git")
    objects = remote.git("cat-file", "--batch-all-objects", "--batch-check", cwd=mirror).splitlines()
    contents = [remote.git("cat-file", "-p", line.split()[0], cwd=mirror) for line in objects]
    assert not any("canary" in content for content in contents)


@pytest.mark.parametrize("trailers", [{"Bad key": "x"}, {"Key": "two\nlines"}, {"Key": " "}])
async def test_a_trailer_that_is_none_is_refused(repository: GitRepository, trailers: dict[str, str]) -> None:
    with pytest.raises(RefusedError):
        await repository.commit(request(tenant("orders"), trailers=trailers))


async def test_a_link_in_the_way_is_refused(
    repository: GitRepository, remote: Remote, tmp_path: Path
) -> None:
    path = tmp_path / "clone" / "tenants" / "identity" / "service.yaml"
    path.unlink()
    path.symlink_to("/etc/passwd")
    remote.commit({})
    with pytest.raises(RefusedError, match="plain file"):
        await repository.commit(request(tenant("identity", value="v2"), "identity"))


async def test_an_overlay_that_does_not_render_is_not_pushed(
    repository: GitRepository, remote: Remote
) -> None:
    files = tenant("orders")
    del files["tenants/orders/base/map.yaml"]
    with pytest.raises(Precondition, match=r"map\.yaml") as caught:
        await repository.commit(request(files))
    assert caught.value.target == "tenants/orders/overlays/dev"
    assert remote.history() == ["start"]


async def test_a_change_of_the_base_must_render_in_every_overlay_a_change_of_one_overlay_in_that_one(
    repository: GitRepository, remote: Remote
) -> None:
    broken = {"tenants/identity/overlays/staging/kustomization.yaml": "resources: [absent.yaml]\n"}
    remote.commit(broken)
    with pytest.raises(Precondition) as caught:
        await repository.commit(request(tenant("identity", value="v2"), "identity"))
    assert caught.value.target == "tenants/identity/overlays/staging"
    only = {"tenants/identity/overlays/dev/config.yaml": "tenant: identity\nextra: x\n"}
    assert (await repository.commit(request(only, "identity"))).changed


def other_writer(remote: Remote, tmp_path: Path, path: str, times: int) -> str:
    """A script: somebody else pushes a change of `path`, at the first `times` pushes of the portal."""
    clone = tmp_path / "clone"
    who = "-c user.name=s -c user.email=s@example.invalid"
    return (
        f'if [ "$(wc -l < "$RUNS")" -le {times} ]; then (\n'
        f'cd {clone} && "$GIT" pull -q --rebase && mkdir -p "$(dirname {path})" && date +%N >> {path}\n'
        f'"$GIT" add -A && "$GIT" {who} commit -q -m other && "$GIT" push -q {remote.path} HEAD:main\n'
        ") >/dev/null 2>&1; fi"
    )


async def test_a_push_of_another_tenant_in_between_is_rebased_onto(
    opened: Opened, remote: Remote, disturbed: Disturbed, tmp_path: Path
) -> None:
    disturbed.before_push(other_writer(remote, tmp_path, "tenants/billing/notes.md", 2))
    result = await opened().commit(request(tenant("orders")))
    assert result.commit == remote.head()
    assert remote.history() == ["start", "other", "other", "Onboard orders"]
    assert disturbed.pushes() == 3


async def test_a_race_decided_inside_the_server_is_retried(repository: GitRepository, remote: Remote) -> None:
    remote.git("branch", "other", remote.commit({"tenants/billing/notes.md": "x"}, "other"))
    remote.git("update-ref", "refs/heads/main", "other~1")
    remote.hook("pre-receive", "unset GIT_QUARANTINE_PATH; git update-ref refs/heads/main other; rm $0")
    assert (await repository.commit(request(tenant("orders")))).commit == remote.head()
    assert remote.history() == ["start", "other", "Onboard orders"]


async def test_another_writer_of_the_same_files_is_a_conflict_and_stays(
    opened: Opened, remote: Remote, disturbed: Disturbed, tmp_path: Path
) -> None:
    disturbed.before_push(other_writer(remote, tmp_path, "tenants/identity/base/map.yaml", 1))
    with pytest.raises(Conflict, match="same files"):
        await opened().commit(request(tenant("identity", value="v2"), "identity"))
    assert remote.history() == ["start", "other"]


async def test_a_branch_that_keeps_moving_is_a_conflict_after_bounded_tries(
    opened: Opened, remote: Remote, disturbed: Disturbed, tmp_path: Path
) -> None:
    disturbed.before_push(other_writer(remote, tmp_path, "tenants/billing/notes.md", 99))
    with pytest.raises(Conflict, match="moved"):
        await opened().commit(request(tenant("orders")))
    assert disturbed.pushes() == 6
    assert set(remote.history()) == {"start", "other"}


async def test_a_push_whose_answer_was_lost_counts_once_it_is_seen_over_there(
    opened: Opened, remote: Remote, disturbed: Disturbed
) -> None:
    disturbed.before_push('"$GIT" "$@"; echo "fatal: the remote end hung up unexpectedly" >&2; exit 128')
    result = await opened().commit(request(tenant("orders")))
    assert result.changed
    assert result.commit == remote.head()
    assert disturbed.pushes() == 1


async def test_a_lost_answer_with_another_commit_on_top_counts_too(
    opened: Opened, remote: Remote, disturbed: Disturbed, tmp_path: Path
) -> None:
    other = other_writer(remote, tmp_path, "tenants/billing/notes.md", 1)
    disturbed.before_push(f'"$GIT" "$@"; {other}; exit 128')
    result = await opened().commit(request(tenant("orders")))
    assert result.commit == remote.git("rev-parse", "main^").strip()
    assert remote.history() == ["start", "Onboard orders", "other"]


async def test_a_push_that_never_arrived_is_unreachable(
    opened: Opened, remote: Remote, disturbed: Disturbed
) -> None:
    disturbed.before_push('echo "fatal: unable to connect to host" >&2; exit 128')
    with pytest.raises(Unreachable, match="may have been applied"):
        await opened().commit(request(tenant("orders")))
    assert remote.history() == ["start"]


async def test_a_server_that_declines_says_why(repository: GitRepository, remote: Remote) -> None:
    remote.hook("pre-receive", 'echo "branch is frozen" >&2; exit 1')
    with pytest.raises(Precondition, match="branch is frozen"):
        await repository.commit(request(tenant("orders")))
    assert remote.history() == ["start"]


def hanging(remote: Remote, state: Path, threads: Threads, seconds: float) -> GitRepository:
    settings = RepositorySettings(url=remote.url, timeout_seconds=seconds)
    return GitRepository(settings, state, threads, isolated=True)


async def test_a_push_that_hangs_ends_with_its_processes_within_the_deadline(
    remote: Remote, disturbed: Disturbed, tmp_path: Path, state: Path, threads: Threads
) -> None:
    pid = tmp_path / "pid"
    disturbed.before_push(f"sleep 60 & echo $! > {pid}; wait")
    with pytest.raises(Unreachable, match="no answer within"):
        await hanging(remote, state, threads, 3).commit(request(tenant("orders")))
    await until(lambda: not alive(int(pid.read_text())))


async def test_a_cancelled_commit_leaves_no_process_and_no_workspace(
    remote: Remote, disturbed: Disturbed, tmp_path: Path, state: Path, threads: Threads
) -> None:
    pid = tmp_path / "pid"
    disturbed.before_push(f"sleep 60 & echo $! > {pid}.new; mv {pid}.new {pid}; wait")
    commit = asyncio.create_task(hanging(remote, state, threads, 60).commit(request(tenant("orders"))))
    await until(pid.exists)
    commit.cancel()
    with pytest.raises(asyncio.CancelledError):
        await commit
    await until(lambda: not alive(int(pid.read_text())))
    assert not list((state / "repository").glob("change-*"))


async def test_workspaces_of_killed_portals_are_removed_those_of_living_ones_stay(
    repository: GitRepository, state: Path
) -> None:
    await repository.snapshot()
    dead, living = (state / "repository" / f"change-{pid}-x" for pid in (2**22 + 1, os.getpid()))
    dead.mkdir()
    living.mkdir()
    await repository.commit(request(tenant("orders")))
    assert list((state / "repository").glob("change-*")) == [living]


async def test_two_portals_and_many_tenants_at_once_lose_nothing(opened: Opened, remote: Remote) -> None:
    portals = [opened(), opened()]
    services = [f"svc-{number}" for number in range(4)]
    results = await asyncio.gather(
        *(portals[i % 2].commit(request(tenant(name), name)) for i, name in enumerate(services))
    )
    assert all(result.changed for result in results)
    assert sorted(remote.history()) == sorted(["start", *(f"Onboard {name}" for name in services)])


async def test_nothing_of_it_blocks_the_loop(repository: GitRepository) -> None:
    with loop_guard() as seen:
        await repository.commit(request(tenant("orders")))
    assert seen == []


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"

"""Whose git it is: the person's in production, nobody's in a rehearsal."""

from pathlib import Path

import pytest

from portal.adapters.repo import GitRepository, kustomize
from portal.adapters.repo.environment import for_person
from portal.adapters.threads import Threads
from portal.core.facets import TenantKey
from portal.core.repository import CommitRequest
from portal.errors import AccessDenied
from portal.settings import RepositorySettings
from tests.adapters.repo.remote import Remote, tenant


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a git configuration that would be noticed."""
    home = tmp_path / "home"
    home.mkdir()
    hooks = home / "hooks"
    hooks.mkdir()
    hook = hooks / "pre-push"
    hook.write_text(f"#!/bin/sh\ntouch {home}/hook-ran\nexit 1\n")
    hook.chmod(0o755)
    (home / ".gitconfig").write_text(
        "[user]\n name = Canary Person\n email = canary@example.invalid\n"
        f"[core]\n hooksPath = {hooks}\n[commit]\n gpgSign = true\n[log]\n showSignature = true\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    return home


@pytest.mark.parametrize(("isolated", "author"), [(True, "zerotouch-portal"), (False, "Canary Person")])
async def test_the_author_is_the_person_git_knows_and_in_a_rehearsal_the_portal(
    *, remote: Remote, state: Path, threads: Threads, person: Path, isolated: bool, author: str
) -> None:
    repository = GitRepository(RepositorySettings(url=remote.url), state, threads, isolated=isolated)
    files = tenant("orders")
    await repository.commit(CommitRequest(TenantKey("orders", "dev"), files, "Onboard", {}))
    assert remote.git("log", "-1", "--format=%an", "main").strip() == author
    assert not (person / "hook-ran").exists()


async def test_a_rehearsal_reaches_no_repository_over_a_network(state: Path, threads: Threads) -> None:
    settings = RepositorySettings(url="https://127.0.0.1:1/tenants.git")
    with pytest.raises(AccessDenied, match="not allowed"):
        await GitRepository(settings, state, threads, isolated=True).snapshot()


async def test_variables_that_point_git_elsewhere_have_no_effect(
    remote: Remote, state: Path, threads: Threads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    settings = RepositorySettings(url=remote.url)
    assert (await GitRepository(settings, state, threads).snapshot()).commit
    assert not (tmp_path / "elsewhere").exists()


def test_the_portals_own_secrets_do_not_reach_git_but_the_persons_credentials_do() -> None:
    given = {
        "NEON_API_KEY": "x",
        "PORTAL_TOKEN": "x",
        "GIT_TRACE_CURL": "1",
        "SSH_AUTH_SOCK": "/agent",
        "GIT_SSH_COMMAND": "ssh -i key",
        "GIT_ASKPASS": "helper",
        "HOME": "/home/me",
    }
    env = for_person(given)
    assert not {"NEON_API_KEY", "PORTAL_TOKEN", "GIT_TRACE_CURL"} & env.keys()
    assert {name: env[name] for name in ("SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_ASKPASS", "HOME")} == {
        name: given[name] for name in ("SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_ASKPASS", "HOME")
    }
    assert env["GIT_TERMINAL_PROMPT"] == "0"


def executable(path: Path) -> Path:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_kustomize_is_preferred_then_kubectl_then_the_packaged_one(tmp_path: Path) -> None:
    assert kustomize.command(path="", package="a_package_nobody_has") is None
    packaged = kustomize.command(path="")
    assert packaged is not None
    assert packaged[1:] == ("kustomize",)
    kubectl = executable(tmp_path / "kubectl")
    assert kustomize.command(path=str(tmp_path)) == (str(kubectl), "kustomize")
    binary = executable(tmp_path / "kustomize")
    assert kustomize.command(path=str(tmp_path)) == (str(binary), "build")

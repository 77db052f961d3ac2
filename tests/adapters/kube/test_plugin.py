"""Credential plugins that are missing, hang, fail, print something else or without end, or work."""

import gc
import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from portal.adapters.kube import KubeCluster
from portal.errors import NotLoggedIn, PrerequisiteError
from portal.settings import KubeSettings
from tests.adapters.kube.conftest import Bench, kubeconfig

API = "client.authentication.k8s.io/v1"


def user(path: Path, body: str) -> dict[str, Any]:
    """A user whose credential comes from a program of this text."""
    path.write_text(f"#!{sys.executable}\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"exec": {"apiVersion": API, "command": str(path), "args": ["get-token"]}}


def credential(**status: str) -> str:
    document = {"apiVersion": API, "kind": "ExecCredential", "status": status}
    return f"import sys\nassert sys.argv[1] == 'get-token'\nprint({json.dumps(json.dumps(document))})"


BAD = [
    pytest.param("import time; time.sleep(60)", "did not answer in", id="hangs"),
    pytest.param("print('hello')", "printed something else than a credential", id="garbage"),
    pytest.param("print('{}')", "gave neither a token nor a certificate", id="empty"),
    pytest.param("print('x' * 3_000_000)", "printed more than 1048576 bytes", id="endless"),
    pytest.param("import sys; sys.exit('The SSO session has ended')", "SSO session has ended", id="fails"),
    pytest.param("print(repr(input()))", "failed with status 1", id="asks"),
]


@pytest.mark.parametrize(("body", "words"), BAD)
async def test_a_plugin_that_gives_no_credential_is_named_with_what_it_did(
    bench: Bench, tmp_path: Path, body: str, words: str
) -> None:
    path = kubeconfig(tmp_path / "config", bench.url, bench.ca, user(tmp_path / "plugin", body))
    hangs = "sleep" in body
    async with KubeCluster(KubeSettings(kubeconfig=path, timeout_seconds=1.0 if hangs else 30.0)) as cluster:
        with pytest.raises(PrerequisiteError, match=r"credential plugin .*plugin") as caught:
            await cluster.version()
    assert words in caught.value.cause
    gc.collect()  # a pipe that was left open is told now, as an error of this test
    assert caught.value.hint


async def test_a_plugin_that_is_not_installed_says_how_to_get_it(bench: Bench, tmp_path: Path) -> None:
    plugin = {"apiVersion": API, "command": "no-such-plugin", "installHint": "pipx install no-such-plugin"}
    path = kubeconfig(tmp_path / "config", bench.url, bench.ca, {"exec": plugin})
    async with KubeCluster(KubeSettings(kubeconfig=path)) as cluster:
        with pytest.raises(PrerequisiteError, match="no-such-plugin is not installed") as caught:
            await cluster.version()
    assert caught.value.hint == "pipx install no-such-plugin"


async def test_a_credential_that_was_refused_is_asked_for_again_and_works_after_the_login(
    bench: Bench, tmp_path: Path
) -> None:
    plugin = tmp_path / "plugin"
    given = user(plugin, credential(token="expired"))
    path = kubeconfig(tmp_path / "config", bench.url, bench.ca, given)
    async with KubeCluster(KubeSettings(kubeconfig=path, timeout_seconds=30.0)) as cluster:
        with pytest.raises(NotLoggedIn):
            await cluster.version()
        user(plugin, credential(token="admin-token"))
        assert await cluster.version() == "v1.36.2"


async def test_a_credential_that_is_about_to_end_is_renewed_before_it_is_refused(
    bench: Bench, tmp_path: Path
) -> None:
    count = tmp_path / "count"
    counting = f"open({str(count)!r}, 'a').write('x')\n"
    ended = credential(token="admin-token", expirationTimestamp="2020-01-01T00:00:00Z")
    path = kubeconfig(tmp_path / "config", bench.url, bench.ca, user(tmp_path / "plugin", counting + ended))
    async with KubeCluster(KubeSettings(kubeconfig=path, timeout_seconds=30.0)) as cluster:
        await cluster.version()
        await cluster.version()
    assert count.read_text() == "xx"


async def test_the_context_chosen_at_first_stays_though_somebody_switches_to_another(
    bench: Bench, tmp_path: Path
) -> None:
    path = kubeconfig(tmp_path / "config", bench.url, bench.ca, {"token": "expired"})
    async with KubeCluster(KubeSettings(kubeconfig=path)) as cluster:
        with pytest.raises(NotLoggedIn):
            await cluster.version()
        switched = json.loads(path.read_text())
        switched["users"][0]["user"]["token"] = "admin-token"
        other = {"name": "other", "cluster": {"server": "http://127.0.0.1:9"}}
        switched["clusters"].append(other)
        switched["contexts"].append({"name": "other", "context": {"cluster": "other", "user": "test"}})
        path.write_text(json.dumps({**switched, "current-context": "other"}))
        assert await cluster.version() == "v1.36.2"
        assert await cluster.place() == f"context test at {bench.url}"

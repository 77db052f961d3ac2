"""A kubeconfig is followed where nothing else of its owner is needed, and refused in a sentence elsewhere."""

import base64
import ssl
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.backends.certificates import Authority
from simulator.backends.kubeconfig import UnusableKubeconfig, read

Document = dict[str, Any]


def _inline(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _document(cluster: Document | None = None, user: Document | None = None) -> Document:
    return {
        "current-context": "here",
        "contexts": [
            {"name": "here", "context": {"cluster": "c", "user": "u"}},
            {"name": "there", "context": {"cluster": "d", "user": "u"}},
        ],
        "clusters": [
            {"name": "c", "cluster": {"server": "https://127.0.0.1:6443/", **(cluster or {})}},
            {"name": "d", "cluster": {"server": "https://there:6443"}},
        ],
        "users": [{"name": "u", "user": {"token": "t"} if user is None else user}],
    }


def _file(directory: Path, document: Document) -> Path:
    path = directory / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return path


def test_the_current_context_is_followed_unless_another_is_named(tmp_path: Path) -> None:
    path = _file(tmp_path, _document())
    here, there = read(path), read(path, "there")
    assert (here.context, here.server, here.token) == ("here", "https://127.0.0.1:6443", "t")
    assert there.server == "https://there:6443"


def test_certificates_are_taken_inline_and_from_files_beside_it(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    shown = authority.issue_client("admin", "admin", "system:masters")
    inline = {
        "client-certificate-data": _inline(shown.cert),
        "client-key-data": _inline(shown.key),
    }
    files = {"client-certificate": "pki/admin.crt", "client-key": "pki/admin.key"}
    cluster = {"certificate-authority": "pki/ca.crt"}
    first = read(_file(tmp_path, _document(cluster, inline)))
    second = read(_file(tmp_path, _document(cluster, files)))
    assert first == second
    assert first.ca == authority.ca_file.read_text()
    assert shown.key.read_text() not in repr(first)
    context = first.tls(tmp_path)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert not (tmp_path / "cluster.pem").exists()


def test_a_damaged_certificate_is_a_sentence(tmp_path: Path) -> None:
    user = {"client-certificate-data": "bm9uZQ==", "client-key-data": "bm9uZQ=="}
    with pytest.raises(UnusableKubeconfig, match="certificate or key of context here is damaged"):
        read(_file(tmp_path, _document(user=user))).tls(tmp_path)


@pytest.mark.parametrize(
    ("cluster", "user", "sentence"),
    [
        ({"insecure-skip-tls-verify": True}, None, "sets insecure-skip-tls-verify"),
        ({"proxy-url": "http://p"}, None, "sets proxy-url"),
        ({"server": "http://127.0.0.1"}, None, "is not an https:// address"),
        (None, {"exec": {"command": "aws"}}, "runs a program for its credential"),
        (None, {"username": "u", "password": "p"}, "logs in by password"),
        (None, {"client-key-data": "%"}, "is not base64 of PEM"),
        (None, {"client-key": "absent"}, "cannot be read: No such file"),
        (None, {"tokenFile": "absent"}, "tokenFile of the kubeconfig cannot be read"),
    ],
)
def test_what_is_not_followed_is_a_sentence(
    tmp_path: Path, cluster: Document | None, user: Document | None, sentence: str
) -> None:
    with pytest.raises(UnusableKubeconfig, match=sentence):
        read(_file(tmp_path, _document(cluster, user)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not YAML"),
        ("[]", "is not a kubeconfig"),
        ("contexts: []", "has no current context: name one with --context"),
        ("current-context: x", "has no context named 'x'"),
    ],
)
def test_a_file_that_is_none_is_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(UnusableKubeconfig, match=sentence):
        read(path)

"""A `kind` that follows a script: it checks its command line word by word, and its cluster is a process.

    program.py STATE WORD…

STATE holds `script.json` (what is to go wrong), `calls.jsonl` (what was asked, with the environment seen) and
the cluster, which outlives this program as a container would. It uses what is asked for and nothing else.
"""

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import yaml

from simulator.backends import kubeconfig

STEPS = (
    'Creating cluster "{name}" ...',
    " • Ensuring node image ({image}) 🖼  ...",
    " ✓ Ensuring node image ({image}) 🖼",
    " • Preparing nodes 📦   ...",
    " ✓ Preparing nodes 📦 ",
    " • Starting control-plane 🕹️  ...",
)
FAILURE = (
    " ✗ Starting control-plane 🕹️",
    'ERROR: failed to create cluster: could not find a log line that matches "Reached target"',
)
WRONG_USAGE = 64


def main(state: Path, words: list[str]) -> int:
    script = json.loads((state / "script.json").read_text())
    call = {"words": words, "environment": dict(os.environ)}
    with (state / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps(call) + "\n")
    if words[:2] == ["create", "cluster"]:
        options = _options(words[2:], "--name", "--kubeconfig", "--config", "--image", "--wait")
        return _create(state, options, script.get("create", ""))
    if words[:2] == ["delete", "cluster"]:
        options = _options(words[2:], "--name", "--kubeconfig")
        return _delete(state, options, script.get("delete", ""))
    return _wrong(f"unknown command {words}")


def _options(words: list[str], *names: str) -> dict[str, str]:
    """Each of `names` once, each with a value, nothing besides."""
    pairs = dict(zip(words[::2], words[1::2], strict=False))
    if len(words) != 2 * len(names) or pairs.keys() != set(names) or not all(pairs.values()):
        sys.exit(_wrong(f"wanted {names}, was given {words}"))
    return pairs


def _wrong(text: str) -> int:
    sys.stderr.write(f"ERROR: {text}\n")
    return WRONG_USAGE


def _create(state: Path, options: dict[str, str], fault: str) -> int:
    config = yaml.safe_load(Path(options["--config"]).read_text())
    if [node["role"] for node in config["nodes"]] != ["control-plane"] or "@sha256:" not in options[
        "--image"
    ]:
        return _wrong("not the cluster that was meant")
    if config["networking"]["apiServerAddress"] != "127.0.0.1" or options["--wait"] != "120s":
        return _wrong("not on loopback, or not waited for")
    for step in STEPS:
        sys.stderr.write(step.format(name=options["--name"], image=options["--image"]) + "\n")
    sys.stderr.flush()
    if fault == "hang":
        threading.Event().wait()
    if fault == "fail":
        sys.stderr.write("\n".join(FAILURE) + "\n")
        return 1
    made = _serve(state / "cluster")
    if fault != "no kubeconfig":
        given = Path(options["--kubeconfig"])
        given.write_text(made.read_text())
        given.chmod(0o600)
    _furnish(made, options["--name"])
    return 0


def _serve(directory: Path) -> Path:
    """The kubeconfig of a cluster that runs in a session of its own."""
    with (directory.with_suffix(".log")).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "simulator", "kubernetes", "--dir", str(directory)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    (directory.parent / "pid").write_text(str(process.pid))
    return Path(told["kubeconfig"])


def _furnish(kubeconfig_file: Path, name: str) -> None:
    """What kind's cluster holds once its control plane is ready: a node, its daemons, and system pods."""
    access = kubeconfig.read(kubeconfig_file)
    trust: ssl.SSLContext = access.tls(kubeconfig_file.parent)
    node = f"{name}-control-plane"
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    with httpx.Client(base_url=access.server, verify=trust, trust_env=False, timeout=20) as client:
        _make(client, "/api/v1/nodes", {"kind": "Node", "metadata": {"name": node}}, ready)
        for daemon in ("kindnet", "kube-proxy"):
            _make(client, "/apis/apps/v1/namespaces/kube-system/daemonsets", _daemon_set(daemon))
        for pod in ("coredns-7d764666f9-abcde", f"etcd-{node}"):
            spec = {"nodeName": node, "containers": [{"name": "c", "image": "c:1"}]}
            body = {"kind": "Pod", "metadata": {"name": pod}, "spec": spec}
            _make(client, "/api/v1/namespaces/kube-system/pods", body, {"phase": "Running", **ready})


def _daemon_set(name: str) -> dict[str, Any]:
    labels = {"app": name}
    spec = {"containers": [{"name": name, "image": f"{name}:1"}], "tolerations": [{"operator": "Exists"}]}
    template = {"metadata": {"labels": labels}, "spec": spec}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


def _make(
    client: httpx.Client, path: str, body: dict[str, Any], status: dict[str, Any] | None = None
) -> None:
    client.post(path, json={"apiVersion": "v1", **body}).raise_for_status()
    if status is not None:
        headers = {"Content-Type": "application/merge-patch+json"}
        place = f"{path}/{body['metadata']['name']}/status"
        client.patch(place, json={"status": status}, headers=headers).raise_for_status()


def _delete(state: Path, options: dict[str, str], fault: str) -> int:
    sys.stderr.write(f'Deleting cluster "{options["--name"]}" ...\n')
    if fault == "fail":
        sys.stderr.write(f'ERROR: failed to delete cluster "{options["--name"]}": exit status 1\n')
        return 1
    pid = state / "pid"
    if pid.exists():
        os.kill(int(pid.read_text()), signal.SIGTERM)
        pid.unlink()
        sys.stderr.write(f'Deleted nodes: ["{options["--name"]}-control-plane"]\n')
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))

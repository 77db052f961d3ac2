"""What somebody with every right does to a running world: change git, Parameter Store, Neon, the cluster."""

import json
import os
import subprocess
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx
import yaml

from tests.e2e.world import Live

SECONDS = 60
_POLL_SECONDS = 0.3
_PAUSE = threading.Event()
# Locked by another operation, or too many calls: nothing was done.
_BUSY = frozenset({423, 429})
_IDENTITY = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")


@dataclass
class Hands:
    """`name` is the tenant's service and its namespace; `clone` a working copy of its repository."""

    live: Live
    name: str
    clone: Path
    kept: dict[str, Any] = field(default_factory=dict)

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        """What kubectl prints; raises CalledProcessError."""
        return self.shell(["kubectl", *arguments], stdin=stdin, check=True).stdout

    def shell(
        self, command: list[str] | str, *, stdin: str = "", check: bool = False
    ) -> "subprocess.CompletedProcess[str]":
        """A command as a person of the platform would type it, with their kubeconfig and Neon key."""
        env = {
            "PATH": self.live.account.environment["PATH"],
            "HOME": str(self.clone.parent),
            "KUBECONFIG": str(self.live.facts["kubeconfig"]),
            "NEON_API_KEY": Path(self.live.facts["neon_api_key_file"]).read_text().strip(),
        }
        return subprocess.run(
            command,
            shell=isinstance(command, str),
            check=check,
            capture_output=True,
            text=True,
            env=env,
            input=stdin,
            timeout=SECONDS,
        )

    def get(self, kind: str, name: str, namespace: str = "") -> dict[str, Any]:
        scope = ["-n", namespace] if namespace else []
        found: dict[str, Any] = json.loads(self.kubectl(*scope, "get", kind, name, "-o", "json"))
        return found

    def put(self, item: Mapping[str, Any]) -> None:
        """Create an object as it once was."""
        meta = {key: item["metadata"][key] for key in ("name", "namespace") if key in item["metadata"]}
        body = {key: value for key, value in item.items() if key != "status"}
        self.kubectl("apply", "-f", "-", stdin=json.dumps({**body, "metadata": meta}))

    def sync_secret(self, name: str) -> None:
        """Have External Secrets look now."""
        stamp = f"force-sync={len(self.kept)}-{os.urandom(4).hex()}"
        self.kubectl("-n", self.name, "annotate", "externalsecret", name, stamp, "--overwrite")

    def restart(self) -> None:
        """Have pods read their environment again."""
        self.kubectl("-n", self.name, "rollout", "restart", f"deployment/{self.name}")

    def neon(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the control plane below the project of dev, until its operations have finished."""
        project = self.live.facts["neon_projects"]["dev"]
        base = f"{self.live.facts['neon_url']}/projects/{project}"
        key = Path(self.live.facts["neon_api_key_file"]).read_text().strip()
        headers = {"Authorization": f"Bearer {key}"}
        transport = httpx.HTTPTransport(retries=3)
        with httpx.Client(headers=headers, trust_env=False, timeout=SECONDS, transport=transport) as client:
            answer = client.request(method, base + path, json=body)
            while answer.status_code in _BUSY:
                _PAUSE.wait(_POLL_SECONDS)
                answer = client.request(method, base + path, json=body)
            answer.raise_for_status()
            document = answer.json() if answer.content.strip() else {}
            for operation in document.get("operations", []) if isinstance(document, dict) else []:
                status = ""
                while status not in {"finished", "skipped"}:
                    _PAUSE.wait(_POLL_SECONDS)
                    told = client.get(f"{base}/operations/{operation['id']}").raise_for_status().json()
                    status = told["operation"]["status"]
        return document

    @property
    def branch(self) -> str:
        """Path of the branch of dev."""
        (branch,) = self.neon("GET", "/branches")["branches"]
        return f"/branches/{branch['id']}"

    @property
    def endpoint(self) -> str:
        """Path of its compute."""
        (endpoint,) = self.neon("GET", "/endpoints")["endpoints"]
        return f"/endpoints/{endpoint['id']}"

    def aws(self, service: str) -> Any:
        """A client of the account's administrator, to be closed."""
        words = Path(self.live.facts["aws_admin_credentials_file"]).read_text().split()
        return closing(
            boto3.session.Session().client(
                service,
                endpoint_url=self.live.facts[{"ssm": "ssm_url", "s3": "s3_url"}[service]],
                region_name=self.live.facts["aws_region"],
                aws_access_key_id=words[words.index("aws_access_key_id") + 2],
                aws_secret_access_key=words[words.index("aws_secret_access_key") + 2],
            )
        )

    def forget_parameter(self, name: str) -> str:
        """Delete a parameter; its value."""
        with self.aws("ssm") as client:
            value = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
            client.delete_parameter(Name=name)
        return str(value)

    def write_parameter(self, name: str, value: str) -> None:
        with self.aws("ssm") as client:
            client.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)

    def read_parameter(self, name: str) -> str:
        with self.aws("ssm") as client:
            return str(client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])

    def parameter(self, key: str) -> str:
        return f"/zerotouch/dev/{self.name}/{key}"

    def git(self, *arguments: str) -> str:
        env = {"PATH": self.live.account.environment["PATH"], "HOME": str(self.clone.parent)}
        command = ["git", "-C", str(self.clone), *_IDENTITY, *arguments]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, env=env, timeout=SECONDS
        ).stdout

    def edit(self, path: str, text: str | None) -> None:
        """Commit a file of the tenant's folder, or its removal, and have ArgoCD look at once."""
        if not self.clone.exists():
            self.clone.mkdir(parents=True)
            self.git("clone", "--quiet", str(self.live.facts["tenants_repo"]), ".")
        self.git("fetch", "--quiet", "origin")
        self.git("reset", "--quiet", "--hard", "origin/main")
        file = self.clone / "tenants" / self.name / path
        self.kept[path] = file.read_text() if file.exists() else None
        if text is None:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.git("add", "-A")
        self.git("commit", "--quiet", "--allow-empty", "-m", f"Edit {path} by hand")
        self.git("push", "--quiet", "origin", "HEAD:main")
        self.refresh()

    def put_back(self, path: str) -> None:
        """The file as it was before the last edit of it."""
        self.edit(path, self.kept[path])

    def read(self, path: str) -> str:
        """A file of the tenant's folder at the newest commit."""
        if not self.clone.exists():
            self.edit("base/kustomization.yaml", self._newest("base/kustomization.yaml"))
        self.git("fetch", "--quiet", "origin")
        return self.git("show", f"origin/main:tenants/{self.name}/{path}")

    def _newest(self, path: str) -> str:
        self.clone.mkdir(parents=True)
        self.git("clone", "--quiet", str(self.live.facts["tenants_repo"]), ".")
        return (self.clone / "tenants" / self.name / path).read_text()

    def change(self, path: str, change: Any) -> None:
        """Edit a YAML file by a function of its document."""
        document = yaml.safe_load(self.read(path))
        change(document)
        self.edit(path, yaml.safe_dump(document, sort_keys=False))

    def refresh(self) -> None:
        """Have ArgoCD compare now instead of at its next poll."""
        hard = "argocd.argoproj.io/refresh=normal"
        self.shell(["kubectl", "-n", "argocd", "annotate", "application", self.name, hard, "--overwrite"])
        again = "argocd.argoproj.io/application-set-refresh=true"
        every = ["kubectl", "-n", "argocd", "annotate", "applicationset", "--all", again, "--overwrite"]
        self.shell(every)

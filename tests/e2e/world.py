"""A world of its own for end-to-end tests, used as a person uses it: by commands, from outside."""

import json
import ssl
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.cli.shell import Server
from tests.e2e.account import ROOT, Account, portal, simulator
from tests.e2e.tier import Tier

UP_SECONDS = 90.0
END_SECONDS = 20.0
COMMAND_SECONDS = 150.0
INPUTS = {
    "openai_api_key": "canary-openai-2b9d61f07c",
    "anthropic_api_key": 'canary "anthropic" \\ 88e1/c3a4+d0=',
    "ghcr_username": "canary-ghcr-user-51aa7e",
    "ghcr_password": "canary&ghcr%pass c0ffee77",
    "storage_access_key_id": "canary-storage-id-19fe02",
    "storage_secret_access_key": "canary/storage+key=7d21b9",
}
DATABASE = "database: {pooled: true}"
ONE_SECRET = "secrets: [openai_api_key]"
GIVEN = "".join(f"{key}={value}\n" for key, value in INPUTS.items())

# Spoken to in the clear, a client need not read the authorities of the machine each time.
TRUST = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

Completed = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Live:
    """A running world: its facts, and the commands a person would type; `said` is what they answered."""

    facts: dict[str, Any]
    account: Account
    said: list[Completed] = field(default_factory=list)
    server: Server | None = None
    """Where commands that run to their end are forked; without one each is a process from its beginning."""

    @property
    def run_dir(self) -> Path:
        return Path(self.facts["run_dir"])

    def portal(self, *arguments: str, stdin: str | None = None, code: int | None = 0) -> Completed:
        """Run one command to its end; it has the exit code expected (None: any)."""
        result = self._forked(self.server, arguments, stdin) if self.server else self._run(arguments, stdin)
        self.said.append(result)
        assert code is None or result.returncode == code, (arguments, result.stdout, result.stderr)
        return result

    def apply(self, *specs: Path, output: str = "table", code: int | None = 0) -> Completed:
        """`portal apply` with every input there is."""
        return self.portal(*_apply(specs), "-o", output, stdin=GIVEN, code=code)

    @contextmanager
    def applying(self, *specs: Path) -> Iterator["subprocess.Popen[str]"]:
        """An apply under way, killed at the end of the context."""
        with self.running(*_apply(specs), stdin=GIVEN) as process:
            yield process

    @contextmanager
    def running(self, *arguments: str, stdin: str = "") -> Iterator["subprocess.Popen[str]"]:
        """A command under way, killed at the end of the context."""
        output = self.account.directory / f"apply-{len(self.said)}.txt"
        with (
            output.open("w") as file,
            subprocess.Popen(
                self._command(arguments),
                cwd=ROOT,
                env=self.account.environment,
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
                text=True,
            ) as process,
        ):
            assert process.stdin is not None
            process.stdin.write(stdin)
            process.stdin.close()
            try:
                yield process
            finally:
                process.kill()
                process.wait(10)
                self.said.append(Completed(process.args, process.returncode, output.read_text(), ""))

    def calls(self, mentioning: str = "") -> list[dict[str, Any]]:
        """Every call the gateway has logged so far, or those whose line holds a text."""
        lines = Path(self.facts["gateway_log"]).read_text().splitlines()
        return [json.loads(line) for line in lines if mentioning in line]

    def journal(self, service: str) -> list[dict[str, Any]]:
        """The complete lines of the portal's journal of one tenant."""
        path = self.run_dir / "portal" / "journal" / "dev" / f"{service}.jsonl"
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        return [json.loads(line) for line in lines]

    @contextmanager
    def fault(self, target: str, action: str, **more: object) -> Iterator[str]:
        """The id of a rule that is in force within the context and strikes calls of the portal."""
        service, _, operation = target.partition(":")
        rule = {"service": service, "operation": operation, "action": action, "caller": "portal", **more}
        posted = self.control("POST", "/faults", rule)
        try:
            yield str(posted["id"])
        finally:
            self.control("DELETE", f"/faults/{posted['id']}")

    def struck(self, rule: str) -> int:
        """How many calls the rule has struck."""
        faults = self.control("GET", "/faults")["faults"]
        return sum(int(fault["struck"]) for fault in faults if fault["id"] == rule)

    def control(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        token = Path(self.facts["control_token_file"]).read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(verify=TRUST, trust_env=False, headers=headers, timeout=30) as client:
            answer = client.request(method, self.facts["control_url"] + path, json=body)
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document

    def _run(self, arguments: Sequence[str], stdin: str | None) -> Completed:
        return subprocess.run(
            self._command(arguments),
            cwd=ROOT,
            env=self.account.environment,
            **({"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def _forked(self, server: Server, arguments: Sequence[str], stdin: str | None) -> Completed:
        words = ("--world", str(self.run_dir), *arguments)
        environment, seconds = self.account.environment, int(COMMAND_SECONDS)
        return server.run(words, environment, cwd=ROOT, stdin=stdin or "", seconds=seconds)

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return portal("--world", str(self.run_dir), *arguments)


def world_of(account: Account) -> Live:
    """The one world that runs below the account's directory for temporary files."""
    (description,) = account.tmp.glob("zerotouch-*/*/world.json")
    return Live(json.loads(description.read_text()), account)


def _apply(specs: Sequence[Path]) -> list[str]:
    files = [word for spec in specs for word in ("-f", str(spec))]
    return ["apply", *files, "-e", "dev", "--yes", "--secrets-stdin"]


@contextmanager
def living(directory: Path, tier: Tier, speed: float = 1.0) -> Iterator[Live]:
    """A world that is up; ended by closing its stdin, as an owner that goes away does."""
    account = Account.make(directory, tier)
    where = ("--run-dir", str(directory / "run"))
    command = simulator("up", "--json", "--keep", *where, "--speed", str(speed), *tier.flags)
    with (
        (directory / "stderr").open("w") as talk,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=account.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=talk,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        watchdog = threading.Timer(UP_SECONDS, process.kill)
        watchdog.start()
        line = process.stdout.readline()
        watchdog.cancel()
        try:
            assert line, (directory / "stderr").read_text()
            yield Live(json.loads(line), account)
        finally:
            process.stdin.close()
            try:
                process.wait(END_SECONDS)
            finally:
                process.kill()
    assert tier.left_of(directory) == []
    assert process.returncode == 0, (directory / "stderr").read_text()
    account.home.assert_untouched()


def service(directory: Path, name: str, *extra: str) -> Path:
    """A small service.yaml of that name; `extra` are the lines of its spec that ask for something."""
    path = directory / f"{name}.yaml"
    lines = [
        "apiVersion: portal.zerotouch.dev/v1",
        "kind: Service",
        f"metadata: {{name: {name}, team: platform}}",
        "spec:",
        f"  namespace: {name}",
        f"  image: ghcr.io/bizmatters/{name}:1.0.0",
        "  port: 8080",
        *(f"  {line}" for line in extra),
        "  environments: {dev: {}}",
    ]
    path.write_text("\n".join(lines) + "\n")
    return path

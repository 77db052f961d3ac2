"""What must hold of a tenant after any run that ended anyhow, judged by the world's own word."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from portal.core.required import required_parameters
from portal.core.spec import ServiceSpec
from tests.e2e import truth
from tests.e2e.matrix.operators import Operator
from tests.e2e.matrix.sinks import Sinks
from tests.e2e.waiting import until
from tests.e2e.world import Live

NAMESPACE = "matrix"
FOREIGN, FOREIGN_VALUE = "somebody_elses", "a value of somebody else"
RESET = "resetProjectBranchRolePassword"


@dataclass(frozen=True, slots=True)
class Ground:
    """A world and the repository that its operators publish to."""

    live: Live
    repository: Path
    sinks: Sinks

    @classmethod
    def of(cls, live: Live, directory: Path) -> "Ground":
        """With a copy of the tenants repository, so that no pod is started for what is published, and the
        namespace that would be waited for.
        """
        copy = directory / "tenants.git"
        source = urlsplit(live.facts["tenants_repo"]).path
        git = partial(subprocess.run, check=True, timeout=truth.SECONDS)
        git(["git", "clone", "--quiet", "--bare", source, str(copy)])
        git(["git", "-C", str(copy), "config", "receive.denyNonFastForwards", "true"])
        with truth.cluster(live) as client:
            body = {"metadata": {"name": NAMESPACE}}
            client.post("/api/v1/namespaces", json=body).raise_for_status()
        logged = partial(_logged, live, "create namespaces")
        until(logged, truth.SECONDS, "the call is in the gateway's log")
        return cls(live, copy, Sinks.of(live, copy))

    def visit(self, spec: ServiceSpec) -> None:
        """Somebody else keeps a value where the tenant will keep its own."""
        truth.leave(self.live, f"{_path(spec)}/{FOREIGN}", FOREIGN_VALUE)

    def check(self, spec: ServiceSpec, operator: Operator, shown: str) -> None:
        """The invariants that hold at every moment: nothing lost, doubled, overwritten, claimed or shown."""
        service, tenant, path = spec.name, f"{spec.name}-dev", _path(spec)
        parameters = truth.parameters(self.live, path)
        foreign = parameters.pop(f"{path}/{FOREIGN}")
        marked = truth.marked(self.live, path)
        assert (foreign.value, foreign.version) == (FOREIGN_VALUE, 1), "somebody else's value was touched"
        assert marked == set(parameters), "a value is not marked as ours, or somebody else's is"
        assert truth.parameters(self.live, f"/zerotouch/prod/{service}") == {}, "production was touched"
        every = truth.roles(self.live), truth.databases(self.live)
        assert "neondb_owner" in every[0], "a role of Neon's own is gone"
        assert "neondb" in every[1], "a database of Neon's own is gone"
        roles, databases = ([name for name in names if name.startswith(service)] for names in every)
        assert roles in ([], [tenant])
        assert databases in ([], [tenant])
        begun = {str(line["step"]) for line in _journal(operator)}
        assert begun >= {step for step, made in (("role", roles), ("database", databases)) if made}
        minted = {name: found.value for name, found in parameters.items()}
        if roles:
            minted[f"the password of {tenant}"] = truth.password(self.live, tenant)
        for key in ("database_url", "direct_url"):
            if found := parameters.get(f"{path}/{key}"):
                assert truth.login(found.value).owner == tenant, f"{key} does not log in"
        assert {name for name, found in parameters.items() if found.version != 1} == set(), "overwritten"
        self._check_commits(spec, set(parameters))
        assert self.sinks.search(operator, minted, shown) == [], "a secret was told"

    def _check_commits(self, spec: ServiceSpec, standing: set[str]) -> None:
        """None, or one that is whole, on top of what was there, and names nothing that does not exist."""
        commits = self._git(
            "log", "--format=%P %(trailers:key=Portal-Tenant,valueonly,separator=%x2C)", *_folder(spec)
        )
        assert len(commits) <= 1
        for commit in commits:
            parent, _, tenant = commit.partition(" ")
            assert parent
            assert tenant == f"{spec.name}/dev"
            assert self._missing(spec, standing) == set(), "git names what does not exist"

    def arrived(self, spec: ServiceSpec) -> None:
        """The desired state, each thing once."""
        service = spec.name
        tenant = f"{service}-dev"
        assert truth.roles(self.live).count(tenant) == 1
        assert truth.databases(self.live).count(tenant) == 1
        assert self._missing(spec, set(truth.parameters(self.live, _path(spec)))) == set()
        assert len(self._git("log", "--format=%H", *_folder(spec))) == 1
        assert f"/zerotouch/_locks/dev/{service}" not in truth.leases(self.live)

    def published(self, spec: ServiceSpec) -> list[str]:
        """Every line that is published of a tenant, without its name."""
        lines = self._git("grep", "--line-number", "", *_folder(spec))
        return [line.replace(spec.name, "SERVICE") for line in lines]

    def resets(self) -> int:
        """How many passwords were reset since the world is up."""
        return sum(call["operation"] == RESET for call in self.live.calls())

    def elsewhere(self) -> list[str]:
        """Calls of a portal that named the project of another environment."""
        projects = [one for name, one in self.live.facts["neon_projects"].items() if name != "dev"]
        made = [str(call["path"]) for call in self.live.calls() if call["caller"] == "portal"]
        return [path for path in made if any(project in path for project in projects)]

    def _missing(self, spec: ServiceSpec, standing: set[str]) -> set[str]:
        wanted = required_parameters(spec.for_environment("dev"), "/zerotouch")
        return {item.name for item in wanted} - standing

    def _git(self, command: str, *arguments: str) -> list[str]:
        words = ["git", "-C", str(self.repository), command, *arguments]
        told = subprocess.run(words, check=True, capture_output=True, text=True, timeout=truth.SECONDS)
        return told.stdout.splitlines()


def _path(spec: ServiceSpec) -> str:
    return f"/zerotouch/dev/{spec.name}"


def _folder(spec: ServiceSpec) -> tuple[str, ...]:
    return ("main", "--", f"tenants/{spec.name}")


def _journal(operator: Operator) -> Iterator[Mapping[str, Any]]:
    """Every line but a torn last one, which a dead portal may leave."""
    for file in (operator.settings.state_dir / "journal").rglob("*.jsonl"):
        yield from map(json.loads, file.read_text().split("\n")[:-1])


def _logged(live: Live, operation: str) -> bool:
    return any(call["operation"] == operation for call in live.calls())

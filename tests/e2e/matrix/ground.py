"""What must hold of a tenant after any run that ended anyhow, judged by the world's own word."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from portal.core.parameters import MANAGED_BY
from portal.core.required import required_parameters
from portal.core.spec import ServiceSpec
from tests.e2e import truth
from tests.e2e.matrix.operators import Operator
from tests.e2e.waiting import until
from tests.e2e.world import INPUTS, Live

NAMESPACE = "matrix"
MADE = ("database_url", "direct_url", "private_key")
"""How the names of parameters end whose values an onboarding makes and nobody may learn."""
RESET = "resetProjectBranchRolePassword"


@dataclass(frozen=True, slots=True)
class Ground:
    """A world and the repository that its operators publish to."""

    live: Live
    repository: Path

    @classmethod
    def of(cls, live: Live, directory: Path) -> "Ground":
        """With a copy of the tenants repository, so that no pod is started for what is published, and the
        namespace that would be waited for.
        """
        copy = directory / "tenants.git"
        source = urlsplit(live.facts["tenants_repo"]).path
        command = ["git", "clone", "--quiet", "--bare", source, str(copy)]
        subprocess.run(command, check=True, timeout=truth.SECONDS)
        with truth.cluster(live) as client:
            body = {"metadata": {"name": NAMESPACE}}
            client.post("/api/v1/namespaces", json=body).raise_for_status()
        logged = partial(_logged, live, "create namespaces")
        until(logged, truth.SECONDS, "the call is in the gateway's log")
        return cls(live, copy)

    def check(self, spec: ServiceSpec, operator: Operator) -> None:
        """The invariants that hold at every moment: nothing lost, doubled, overwritten or shown."""
        service = spec.name
        tenant = f"{service}-dev"
        assert [name for name in truth.roles(self.live) if name.startswith(service)] in ([], [tenant])
        assert [name for name in truth.databases(self.live) if name.startswith(service)] in ([], [tenant])
        parameters = truth.parameters(self.live, f"/zerotouch/dev/{service}")
        for key in ("database_url", "direct_url"):
            if found := parameters.get(f"/zerotouch/dev/{service}/{key}"):
                assert truth.login(found.value).owner == tenant, f"{key} does not log in"
        assert {name for name, found in parameters.items() if found.version != 1} == set(), "overwritten"
        commits = self._commits(service)
        assert len(commits) <= 1
        if commits:
            assert self._missing(spec, set(parameters)) == set(), "git names what does not exist"
        made = [found.value for name, found in parameters.items() if name.endswith(MADE)]
        said = "\n".join(self._said(operator))
        assert not [value for value in (*INPUTS.values(), *made) if value in said], "a secret was told"

    def arrived(self, spec: ServiceSpec) -> None:
        """The desired state, each thing once and marked as the portal's."""
        service = spec.name
        tenant = f"{service}-dev"
        assert truth.roles(self.live).count(tenant) == 1
        assert truth.databases(self.live).count(tenant) == 1
        parameters = set(truth.parameters(self.live, f"/zerotouch/dev/{service}"))
        assert self._missing(spec, parameters) == set()
        assert all(dict([MANAGED_BY]).items() <= truth.tags(self.live, name).items() for name in parameters)
        assert len(self._commits(service)) == 1
        assert f"/zerotouch/_locks/dev/{service}" not in truth.leases(self.live)

    def resets(self) -> int:
        """How many passwords were reset since the world is up."""
        return sum(call["operation"] == RESET for call in self.live.calls())

    def _missing(self, spec: ServiceSpec, standing: set[str]) -> set[str]:
        wanted = required_parameters(spec.for_environment("dev"), "/zerotouch")
        return {item.name for item in wanted} - standing

    def _commits(self, service: str) -> list[str]:
        command = [
            "git",
            "-C",
            str(self.repository),
            "log",
            "--format=%H",
            "main",
            "--",
            f"tenants/{service}",
        ]
        told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=truth.SECONDS)
        return told.stdout.split()

    def _said(self, operator: Operator) -> Iterator[str]:
        yield from map(repr, operator.progress)
        yield from operator.texts
        for file in operator.settings.state_dir.rglob("*.jsonl"):
            yield file.read_text()


def _logged(live: Live, operation: str) -> bool:
    return any(call["operation"] == operation for call in live.calls())

"""The tenants repository as values: what stands at a commit, and what shall stand there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.core.facets import TenantKey


@dataclass(frozen=True, slots=True)
class TenantFolder:
    """`tenants/<service>/` at one commit: parsed `service.yaml` (None where the portal did not write
    the tenant), parsed `overlays/<env>/config.yaml` by overlay folder name, and every path below it.
    """

    service: str
    spec: Mapping[str, Any] | None
    overlays: Mapping[str, Mapping[str, Any] | None]
    paths: tuple[str, ...]
    faults: tuple[str, ...] = ()

    def environments(self) -> frozenset[str]:
        """Overlay folders that hold anything, with or without a config.yaml."""
        start = f"tenants/{self.service}/overlays/"
        found = {path.removeprefix(start).split("/")[0] for path in self.paths if path.startswith(start)}
        return frozenset(found) | self.overlays.keys()


@dataclass(frozen=True, slots=True)
class RepositorySnapshot:
    """All tenants at one commit of the deployed branch."""

    commit: str
    committed_at: float
    tenants: Mapping[str, TenantFolder] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommitRequest:
    """Files to stand in one fast-forward commit: path → text. Paths are relative, POSIX, inside
    `tenants/<service>/`; files not named stay as they are, those of `removed` go.
    """

    tenant: TenantKey
    files: Mapping[str, str]
    message: str
    trailers: Mapping[str, str]
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommitResult:
    """`changed` is False when every file already stood as asked; then nothing was pushed. `branch` is where
    the commit waits to be merged; empty where it stands on the deployed branch.
    """

    commit: str
    changed: bool
    branch: str = ""

"""ArgoCD's Application and ApplicationSet."""

from dataclasses import dataclass

from portal.core.cluster import KubeObject
from portal.core.objects.meta import (
    Condition,
    Meta,
    conditions_of,
    dig,
    mappings,
    meta_of,
    moment,
    number,
    text,
)


@dataclass(frozen=True, slots=True)
class ManagedResource:
    """One row of `status.resources`. ArgoCD 3 leaves its health out; the portal judges it itself."""

    group: str
    kind: str
    namespace: str
    name: str
    status: str
    requires_pruning: bool = False
    hook: bool = False

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class SyncFailure:
    """One resource the last operation could not bring about."""

    kind: str
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Operation:
    """`status.operationState`; phase is Running, Terminating, Succeeded, Failed or Error."""

    phase: str
    message: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    retries: int = 0
    revision: str = ""
    failures: tuple[SyncFailure, ...] = ()


@dataclass(frozen=True, slots=True)
class Application:
    """One Application; its conditions have a type and a message and no status."""

    meta: Meta
    path: str = ""
    destination: str = ""
    sync: str = ""
    revision: str = ""
    health: str = ""
    automated: bool = True
    conditions: tuple[Condition, ...] = ()
    operation: Operation | None = None
    requested: bool = False
    resources: tuple[ManagedResource, ...] = ()
    reconciled_at: float | None = None

    @classmethod
    def of(cls, item: KubeObject) -> "Application":
        """Read one raw Application; `spec.sources` wins over `spec.source`."""
        source = next(mappings(item, "spec", "sources"), dig(item, "spec", "source"))
        automated = dig(item, "spec", "syncPolicy", "automated")
        return cls(
            meta=meta_of(item, kind="Application"),
            path=text(source, "path"),
            destination=text(item, "spec", "destination", "namespace"),
            sync=text(item, "status", "sync", "status"),
            revision=text(item, "status", "sync", "revision"),
            health=text(item, "status", "health", "status"),
            automated=automated is not None and dig(automated, "enabled") is not False,
            conditions=conditions_of(item),
            operation=_operation(dig(item, "status", "operationState")),
            requested=dig(item, "operation") is not None,
            resources=tuple(_resource(row) for row in mappings(item, "status", "resources")),
            reconciled_at=moment(item, "status", "reconciledAt"),
        )

    @property
    def service(self) -> str:
        """The tenant's service: the `tenant` label, or the Application's own name."""
        return self.meta.labels.get("tenant") or self.meta.name

    def lost(self, kind: str, name: str) -> bool:
        """Whether the cluster still holds something that git no longer has."""
        return any(row.requires_pruning and (row.kind, row.name) == (kind, name) for row in self.resources)

    @property
    def overlay(self) -> str:
        """Last segment of a path `tenants/<service>/overlays/<overlay>`, else ""."""
        parts = self.path.strip("/").split("/")
        return parts[-1] if "overlays" in parts[:-1] else ""


@dataclass(frozen=True, slots=True)
class ApplicationSet:
    """One ApplicationSet and the file patterns its git generators look for."""

    meta: Meta
    conditions: tuple[Condition, ...] = ()
    patterns: tuple[str, ...] = ()

    @classmethod
    def of(cls, item: KubeObject) -> "ApplicationSet":
        """Read one raw ApplicationSet."""
        patterns = tuple(
            text(found, "path")
            for generator in mappings(item, "spec", "generators")
            for found in mappings(generator, "git", "files")
        )
        return cls(meta_of(item, kind="ApplicationSet"), conditions_of(item), patterns)


def _operation(state: object) -> Operation | None:
    if not text(state, "phase"):
        return None
    failures = tuple(
        SyncFailure(text(row, "kind"), text(row, "name"), text(row, "message"))
        for row in mappings(state, "syncResult", "resources")
        if text(row, "status") == "SyncFailed" or text(row, "hookPhase") in {"Failed", "Error"}
    )
    return Operation(
        phase=text(state, "phase"),
        message=text(state, "message"),
        started_at=moment(state, "startedAt"),
        finished_at=moment(state, "finishedAt"),
        retries=number(state, "retryCount"),
        revision=text(state, "syncResult", "revision") or text(state, "operation", "sync", "revision"),
        failures=failures,
    )


def _resource(row: KubeObject) -> ManagedResource:
    return ManagedResource(
        group=text(row, "group"),
        kind=text(row, "kind"),
        namespace=text(row, "namespace"),
        name=text(row, "name"),
        status=text(row, "status"),
        requires_pruning=dig(row, "requiresPruning") is True,
        hook=dig(row, "hook") is True,
    )

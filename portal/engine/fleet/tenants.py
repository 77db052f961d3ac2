"""Which tenants there are, and what each of them needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.core.assess.needs import needs_of
from portal.core.facets import TenantKey
from portal.core.names import environment_of, overlay_of
from portal.core.objects.argo import Application
from portal.core.objects.meta import dig
from portal.core.observed import Needs
from portal.core.repository import RepositorySnapshot, TenantFolder
from portal.core.spec import ServiceSpec, from_mapping
from portal.errors import SpecError, UsageError
from portal.settings import Settings


@dataclass(frozen=True, slots=True)
class Reading:
    """One service.yaml, read: its spec, or its faults."""

    document: Mapping[str, Any]
    spec: ServiceSpec | None
    faults: tuple[str, ...] = ()


@dataclass(slots=True)
class Register:
    """Tenants by the repository and by the cluster. A service.yaml is parsed again only when it changed."""

    settings: Settings
    folders: Mapping[str, TenantFolder] = field(default_factory=dict)
    committed_at: float | None = None
    changes: int = 0
    _read: dict[str, Reading] = field(default_factory=dict)
    _needed: dict[TenantKey, tuple[Needs | None, tuple[str, ...]]] = field(default_factory=dict)

    def learn(self, snapshot: RepositorySnapshot) -> frozenset[str]:
        """Take a snapshot in; the services whose folders changed."""
        before, self.folders = self.folders, snapshot.tenants
        self.committed_at = snapshot.committed_at
        names = before.keys() | self.folders.keys()
        changed = frozenset(name for name in names if before.get(name) != self.folders.get(name))
        self.changes += bool(changed)
        self._needed = {key: found for key, found in self._needed.items() if key.service not in changed}
        return changed

    def in_repository(self) -> set[TenantKey]:
        """Tenants that have an overlay for a configured environment, though ArgoCD may not find it."""
        found = set()
        for service, folder in self.folders.items():
            for overlay in folder.environments():
                tenant = self._key(service, overlay)
                if tenant is not None:
                    found.add(tenant)
        return found

    def of_application(self, application: Application) -> TenantKey | None:
        """The tenant an Application deploys, None for the platform's own."""
        if "tenant" not in application.meta.labels and application.service not in self.folders:
            return None
        return self._key(application.service, application.overlay)

    def overlay(self, tenant: TenantKey) -> str:
        """Folder of the tenant's environment, under either of its names."""
        folder = self.folders.get(tenant.service)
        overlays = folder.environments() if folder is not None else ()
        named = (found for found in overlays if environment_of(found) == tenant.environment)
        return next(named, None) or overlay_of(tenant.environment)

    def teams(self) -> Mapping[str, str]:
        """Team by service, of those whose service.yaml names one."""
        named = {name: dig(folder.spec, "metadata", "team") for name, folder in self.folders.items()}
        return {name: team for name, team in named.items() if isinstance(team, str)}

    def needs(self, tenant: TenantKey) -> tuple[Needs | None, tuple[str, ...]]:
        """What the tenant's service.yaml asks for, or the faults that keep it from telling."""
        found = self._needed.get(tenant)
        if found is None:
            found = self._needed[tenant] = self._read_needs(tenant)
        return found

    def _read_needs(self, tenant: TenantKey) -> tuple[Needs | None, tuple[str, ...]]:
        folder = self.folders.get(tenant.service)
        if folder is None or folder.spec is None:
            return None, ()
        reading = self._read.get(tenant.service)
        if reading is None or reading.document != folder.spec:
            reading = self._read[tenant.service] = _parse(tenant.service, folder.spec)
        if reading.spec is None:
            return None, reading.faults
        try:
            effective = reading.spec.for_environment(tenant.environment)
        except UsageError as exc:
            return None, (exc.cause,)
        return needs_of(effective, self.settings.platform.parameter_prefix), ()

    def _key(self, service: str, overlay: str) -> TenantKey | None:
        environment = environment_of(overlay)
        configured = self.settings.environments
        if environment is None or (configured and environment not in configured):
            return None
        return TenantKey(service, environment)


def _parse(service: str, document: Mapping[str, Any]) -> Reading:
    try:
        return Reading(document, from_mapping(document, f"tenants/{service}/service.yaml"))
    except SpecError as exc:
        return Reading(document, None, tuple(str(fault) for fault in exc.faults))

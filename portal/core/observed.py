"""Everything seen of one tenant: one facet per link of its chain, and what its spec asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from portal.core.facets import Facet, NeverLoaded, Source, SourceState
from portal.core.neon import NeonAuth, NeonBranch, NeonDatabase, NeonEndpoint, NeonOperation, NeonRole
from portal.core.objects.argo import Application, ApplicationSet
from portal.core.objects.crossplane import Composite
from portal.core.objects.external import ExternalSecret, Store
from portal.core.objects.plain import Event, Namespace, SecretMeta, Service, VolumeClaim
from portal.core.objects.pod import Pod
from portal.core.objects.workload import Workload
from portal.core.parameters import ParameterMeta
from portal.core.repository import TenantFolder


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, twice: `monotonic` dates what the portal saw, `wall` what systems wrote down."""

    monotonic: float
    wall: datetime

    def since(self, epoch_seconds: float) -> float:
        """Seconds since a written time; a time ahead of this clock counts as now."""
        return max(0.0, self.wall.timestamp() - epoch_seconds)


BucketPlace = tuple[str, str]
"""Provider and name of a bucket."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What one tenant asks for; empty means it does not ask. `secrets` maps each ExternalSecret the
    chain rests on to the parameters it reads.
    """

    namespace: str
    database: str = ""
    role: str = ""
    parameters: tuple[str, ...] = ()
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cache: str = ""
    provider: str = ""
    bucket: str = ""
    auth: bool = False
    pull_secret: str = ""

    @property
    def place(self) -> BucketPlace:
        """Where its bucket is."""
        return self.provider, self.bucket


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tenant lives, by the platform's own names: used in causes and commands."""

    project: str = ""
    branch: str = ""
    store: str = "aws-parameter-store"
    argocd: str = "argocd"
    claim_kind: str = "DragonflyInstance"
    claim_plural: str = "dragonflyinstances"
    overlay: str = ""
    neon_url: str = "https://console.neon.tech/api/v2"


@dataclass(frozen=True, slots=True)
class KeySet:
    """Neon Auth of a branch and how many public keys its JWKS served."""

    auth: NeonAuth
    keys: int


def _never(source: Source) -> NeverLoaded:
    return NeverLoaded(source)


@dataclass(frozen=True, slots=True)
class TenantObservation:
    """All facets of one tenant. `needs` is None where no readable service.yaml tells them;
    `spec_faults` are the faults of one that could not be read. `roles` and `databases` hold those that bear
    the tenant's names, Kubernetes lists the tenant's
    namespace only; `composites` what stands below the claim; `committed_at` dates the repository's newest
    commit.
    """

    folder: Facet[TenantFolder] = field(default_factory=lambda: _never(Source.GIT))
    needs: Needs | None = None
    spec_faults: tuple[str, ...] = ()
    committed_at: float | None = None
    place: Place = field(default_factory=Place)
    branch: Facet[NeonBranch] = field(default_factory=lambda: _never(Source.NEON))
    endpoints: Facet[tuple[NeonEndpoint, ...]] = field(default_factory=lambda: _never(Source.NEON))
    operations: Facet[tuple[NeonOperation, ...]] = field(default_factory=lambda: _never(Source.NEON))
    roles: Facet[tuple[NeonRole, ...]] = field(default_factory=lambda: _never(Source.NEON))
    databases: Facet[tuple[NeonDatabase, ...]] = field(default_factory=lambda: _never(Source.NEON))
    parameters: Facet[Mapping[str, ParameterMeta]] = field(default_factory=lambda: _never(Source.SSM))
    store: Facet[Store] = field(default_factory=lambda: _never(Source.KUBERNETES))
    local_stores: Facet[tuple[Store, ...]] = field(default_factory=lambda: _never(Source.KUBERNETES))
    external_secrets: Facet[tuple[ExternalSecret, ...]] = field(
        default_factory=lambda: _never(Source.KUBERNETES)
    )
    secrets: Facet[tuple[SecretMeta, ...]] = field(default_factory=lambda: _never(Source.KUBERNETES))
    claims: Facet[tuple[Composite, ...]] = field(default_factory=lambda: _never(Source.KUBERNETES))
    composites: Facet[tuple[Composite, ...]] = field(default_factory=lambda: _never(Source.KUBERNETES))
    application: Facet[Application] = field(default_factory=lambda: _never(Source.KUBERNETES))
    generators: Facet[tuple[ApplicationSet, ...]] = field(default_factory=lambda: _never(Source.KUBERNETES))
    namespace: Facet[Namespace] = field(default_factory=lambda: _never(Source.KUBERNETES))
    deployments: Facet[tuple[Workload, ...]] = field(default_factory=lambda: _never(Source.KUBERNETES))
    replica_sets: Facet[tuple[Workload, ...]] = field(default_factory=lambda: _never(Source.KUBERNETES))
    stateful_sets: Facet[tuple[Workload, ...]] = field(default_factory=lambda: _never(Source.KUBERNETES))
    jobs: Facet[tuple[Workload, ...]] = field(default_factory=lambda: _never(Source.KUBERNETES))
    pods: Facet[tuple[Pod, ...]] = field(default_factory=lambda: _never(Source.KUBERNETES))
    events: Facet[tuple[Event, ...]] = field(default_factory=lambda: _never(Source.KUBERNETES))
    services: Facet[tuple[Service, ...]] = field(default_factory=lambda: _never(Source.KUBERNETES))
    volumes: Facet[tuple[VolumeClaim, ...]] = field(default_factory=lambda: _never(Source.KUBERNETES))
    auth: Facet[KeySet] = field(default_factory=lambda: _never(Source.AUTH))
    bucket: Facet[bool] = field(default_factory=lambda: _never(Source.STORAGE))
    sources: Mapping[Source, SourceState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """One tenant as it is held, and the moment its ages count from."""

    observation: TenantObservation
    moment: Moment

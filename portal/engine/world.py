"""Everything a use case may touch, handed over at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from portal.ports import (
    Audit,
    Clock,
    Cluster,
    Journal,
    Keys,
    Neon,
    Parameters,
    Sql,
    StatusSource,
    Storage,
    TenantsRepository,
    Traffic,
)
from portal.settings import Settings

_TOKEN_BITS = 128


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a use case waits, in seconds."""

    # Creating a compute on a cold project takes tens of seconds; a stuck operation shows after minutes.
    operations: float = 300.0
    # ArgoCD's own limits for dev are 300 s from commit to healthy.
    verify: float = 300.0
    # What nothing in the platform acts on is not mended by waiting; sources are late by no more than this.
    settled: float = 30.0
    # Long enough for the slowest step; a crashed holder blocks others for no longer than this.
    lease: float = 300.0
    # One look a second is what Neon's own SDK does.
    poll_first: float = 0.1
    poll_most: float = 1.0


@dataclass(frozen=True, slots=True)
class Ports:
    """The outside of one profile. `templates` holds `manifests/tenant` by path below it, `clusters` the
    cluster of each environment that has one of its own, `traffic` what was asked of each system.
    """

    settings: Settings
    neon: Neon
    parameters: Parameters
    sql: Sql
    storage: Storage
    cluster: Cluster
    repository: TenantsRepository
    keys: Keys
    journal: Journal
    audit: Audit
    clock: Clock
    status: StatusSource
    templates: Mapping[str, str] = field(default_factory=dict)
    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    traffic: Mapping[str, Traffic] = field(default_factory=dict)
    patience: Patience = Patience()

    def cluster_of(self, environment: str) -> Cluster:
        """The cluster that runs an environment."""
        return self.clusters.get(environment, self.cluster)

    @property
    def jitter(self) -> Callable[[], float]:
        """Random numbers in [0, 1) out of the one source of randomness."""
        return lambda: int(self.keys.token(), 16) / 2**_TOKEN_BITS

"""The frozen values of a service specification."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from portal.core.facets import TenantKey
from portal.core.names import database_name, environment_of, role_name
from portal.errors import UsageError

CACHE_SIZES = ("micro", "small", "medium", "large")
JWT_ALGORITHMS = ("RS256", "EdDSA")
STORAGE_PROVIDERS = ("s3", "hetzner")
AUTH_PROVIDERS = ("neon",)
DEFAULT_STORAGE_GB = 10
OWNER, LIMITED = "owner", "limited"
DATABASE_LOGINS = (OWNER, LIMITED)


@dataclass(frozen=True, slots=True)
class DatabaseSpec:
    """`pooled` decides whether DATABASE_URL goes through the pooler; an empty name is the default one. Pods
    log in as the owner that Neon made, or as a limited role beside it.
    """

    pooled: bool = True
    name: str = ""
    login: str = OWNER


@dataclass(frozen=True, slots=True)
class CacheSpec:
    """A DragonflyInstance claim."""

    name: str
    size: str = "small"
    storage_gb: int = DEFAULT_STORAGE_GB


@dataclass(frozen=True, slots=True)
class JwtSpec:
    """A signing key pair of the service's own."""

    algorithm: str = "RS256"


@dataclass(frozen=True, slots=True)
class StorageSpec:
    """A bucket at a provider that speaks S3."""

    provider: str
    bucket: str


@dataclass(frozen=True, slots=True)
class Overrides:
    """What one environment says otherwise; None leaves the service's own value."""

    replicas: int | None = None
    image: str | None = None
    pooled: bool | None = None
    database: str | None = None
    bucket: str | None = None


@dataclass(frozen=True, slots=True)
class EffectiveSpec:
    """One service in one environment, every default filled in."""

    service: str
    environment: str
    team: str
    namespace: str
    image: str
    port: int
    replicas: int
    database: DatabaseSpec | None = None
    cache: CacheSpec | None = None
    jwt: JwtSpec | None = None
    secrets: tuple[str, ...] = ()
    storage: StorageSpec | None = None
    auth: str | None = None
    pull_secret: str = ""

    @property
    def tenant(self) -> TenantKey:
        """`identity-service/dev`."""
        return TenantKey(self.service, self.environment)

    @property
    def role(self) -> str:
        """Role that owns the database."""
        return role_name(self.service, self.environment)


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """One `kind: Service` document; `environments` by canonical name (dev, staging, prod)."""

    name: str
    team: str
    namespace: str
    image: str
    port: int
    replicas: int = 1
    database: DatabaseSpec | None = None
    cache: CacheSpec | None = None
    jwt: JwtSpec | None = None
    secrets: tuple[str, ...] = ()
    storage: StorageSpec | None = None
    auth: str | None = None
    pull_secret: str = ""
    environments: Mapping[str, Overrides] = field(default_factory=dict)

    def for_environment(self, environment: str) -> EffectiveSpec:
        """The service as it stands in one environment; raises UsageError where it has none."""
        canonical = environment_of(environment)
        if canonical is None or canonical not in self.environments:
            raise UsageError(
                f"{self.name} has no environment {environment!r}",
                hint=f"It has {', '.join(self.environments) or 'none'}; see spec.environments.",
            )
        said = self.environments[canonical]
        return EffectiveSpec(
            service=self.name,
            environment=canonical,
            team=self.team,
            namespace=self.namespace,
            image=said.image or self.image,
            port=self.port,
            replicas=self.replicas if said.replicas is None else said.replicas,
            database=self._database(canonical, said),
            cache=self.cache,
            jwt=self.jwt,
            secrets=self.secrets,
            storage=replace(self.storage, bucket=said.bucket or self.storage.bucket)
            if self.storage
            else None,
            auth=self.auth,
            pull_secret=self.pull_secret,
        )

    def _database(self, environment: str, said: Overrides) -> DatabaseSpec | None:
        if self.database is None:
            return None
        return DatabaseSpec(
            pooled=self.database.pooled if said.pooled is None else said.pooled,
            name=said.database or self.database.name or database_name(self.name, environment),
            login=self.database.login,
        )

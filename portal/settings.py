"""Settings as frozen values, each with its unit and default. Loading them is `portal.config`'s work."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

from portal.core.policy import Policy

BackendTier: TypeAlias = Literal["embedded", "container"]
ClusterTier: TypeAlias = Literal["embedded", "kind", "external"]
PodTier: TypeAlias = Literal["process", "container"]


@dataclass(frozen=True, slots=True)
class NeonSettings:
    """`api_key_file` wins over `api_key_parameter`; the key itself never stands in a settings file."""

    url: str = "https://console.neon.tech/api/v2"
    api_key_file: Path | None = None
    api_key_parameter: str = "/zerotouch/platform/neon_api_key"
    timeout_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class AwsSettings:
    """Empty endpoint and file settings mean boto3's own defaults. `kms_key` encrypts parameters: id, alias or
    ARN of a key of the account's own; empty is the key AWS manages for Parameter Store.
    """

    region: str = "ap-south-1"
    profile: str = ""
    kms_key: str = ""
    ssm_endpoint: str = ""
    s3_endpoint: str = ""
    config_file: Path | None = None
    credentials_file: Path | None = None
    timeout_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class HetznerSettings:
    """Hetzner's object storage. Its key stands in a profile of AWS's files, by default one of its own name;
    an empty endpoint is Hetzner's own of the region, empty files are boto3's own.
    """

    region: str = "fsn1"
    profile: str = "hetzner"
    endpoint: str = ""
    config_file: Path | None = None
    credentials_file: Path | None = None
    timeout_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class KubeSettings:
    """Empty means the usual KUBECONFIG search and its current context."""

    kubeconfig: Path | None = None
    context: str = ""
    timeout_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class RepositorySettings:
    """`url` as git takes it; `branch` is the one ArgoCD deploys. With `review` commits go to a branch of
    their own, from which a person opens a pull request.
    """

    url: str = ""
    branch: str = "main"
    review: bool = False
    timeout_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class PlatformSettings:
    """Conventions of the platform that differ between installations."""

    parameter_prefix: str = "/zerotouch"
    claim_kind: str = "DragonflyInstance"
    claim_group: str = "cache.bizmatters.io"
    store_name: str = "aws-parameter-store"
    argocd_namespace: str = "argocd"
    namespace_owner_label: str = "zerotouch-platform"


@dataclass(frozen=True, slots=True)
class RotationSettings:
    """How long the keys of a rotated JWT pair overlap, in seconds.

    A new key signs once caches of the key set have expired, the old one is accepted until its last token has.
    """

    jwks_cache_seconds: float = 300.0
    token_seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class InterfaceSettings:
    """How the terminal interface looks and is driven. `keys` maps the name of a key binding to the keys that
    take its place, `filters` a name to a filter; `ascii` draws nothing but ASCII.
    """

    theme: str = ""
    ascii: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EnvironmentSettings:
    """Where one environment lives. An empty branch is the project's default branch; a kubeconfig or context
    of its own is another cluster than that of `kube`.
    """

    name: str
    neon_project: str
    neon_branch: str = ""
    kubeconfig: Path | None = None
    context: str = ""


@dataclass(frozen=True, slots=True)
class RehearsalSettings:
    """Where the backends of a rehearsal come from; what is not given is the simulator's own default.

    `tier` presets every backend, the others choose one each. `kubeconfig` and `context` name the cluster of
    `cluster = "external"`; `images` maps the name of an image to the reference used instead of its pin.
    """

    tier: BackendTier | None = None
    postgres: BackendTier | None = None
    ssm: BackendTier | None = None
    cache: BackendTier | None = None
    cluster: ClusterTier | None = None
    pods: PodTier | None = None
    kubeconfig: Path | None = None
    context: str = ""
    images: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the portal was told, and where each value came from (`neon.url` → `flag --…`).

    `simulated` says that the systems are those of a rehearsal, `tiers` where its backends come from, by name;
    `take_over` is somebody's word that the run behind an expired lease is over.
    """

    profile: str = "default"
    simulated: bool = False
    tiers: Mapping[str, str] = field(default_factory=dict)
    read_only: bool = False
    take_over: bool = False
    neon: NeonSettings = NeonSettings()
    aws: AwsSettings = AwsSettings()
    hetzner: HetznerSettings = HetznerSettings()
    kube: KubeSettings = KubeSettings()
    repository: RepositorySettings = RepositorySettings()
    platform: PlatformSettings = PlatformSettings()
    policy: Policy = field(default_factory=Policy)
    rotation: RotationSettings = RotationSettings()
    rehearsal: RehearsalSettings = RehearsalSettings()
    interface: InterfaceSettings = InterfaceSettings()
    environments: Mapping[str, EnvironmentSettings] = field(default_factory=dict)
    state_dir: Path = Path()
    provenance: Mapping[str, str] = field(default_factory=dict)

    def kube_of(self, environment: str) -> KubeSettings:
        """How the cluster of an environment is reached."""
        own = self.environments.get(environment)
        if own is None or not (own.kubeconfig or own.context):
            return self.kube
        return replace(self.kube, kubeconfig=own.kubeconfig or self.kube.kubeconfig, context=own.context)

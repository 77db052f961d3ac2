"""Names and the rules they obey; every derived name has its one formula here.

A rule is the narrowest of the systems a name travels through, so that a name accepted once is accepted
everywhere: Kubernetes object names and label values, PostgreSQL identifiers, Parameter Store paths, S3.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

ENVIRONMENTS = ("dev", "staging", "prod")

OFFBOARDING = "offboarding"
_OVERLAYS: Mapping[str, str] = MappingProxyType({"dev": "dev", "staging": "staging", "prod": "production"})
_ALIASES: Mapping[str, str] = MappingProxyType({"production": "prod"})

# PostgreSQL keeps the first 63 bytes of an identifier; `<service>-staging` is the longest derived one.
_IDENTIFIER_BYTES = 63
_LONGEST_SUFFIX = len("-staging")


@dataclass(frozen=True, slots=True)
class NameRule:
    """Form, length and reserved words of one sort of name; `source` says whose rule it is."""

    what: str
    pattern: re.Pattern[str]
    shortest: int
    longest: int
    allowed: str
    source: str
    reserved: frozenset[str] = field(default_factory=frozenset)
    reserved_prefixes: tuple[str, ...] = ()
    reserved_suffixes: tuple[str, ...] = ()
    # False where a value put in the place of the name could be a secret; then a fault does not repeat it.
    quoted: bool = True

    def fault(self, name: str) -> str:
        """Why the name is refused, "" when it is good."""
        subject = f"{self.what} {name!r}" if self.quoted else f"this {self.what}"
        if not self.shortest <= len(name.encode()) <= self.longest:
            return f"{subject} is not {self._span()} bytes long"
        if not self.pattern.fullmatch(name):
            return f"{subject} has a form that is not allowed"
        if name in self.reserved or name.startswith(self.reserved_prefixes):
            return f"{self.what} {name!r} is reserved"
        if self.reserved_suffixes and name.endswith(self.reserved_suffixes):
            return f"{self.what} {name!r} is reserved"
        return ""

    @property
    def explanation(self) -> str:
        """What is allowed, in one line."""
        words = [self.allowed, f"{self._span()} bytes"]
        if self.reserved:
            words.append("none of " + ", ".join(sorted(self.reserved)))
        if self.reserved_prefixes:
            words.append("not beginning with " + ", ".join(self.reserved_prefixes))
        return "; ".join(words)

    def _span(self) -> str:
        return f"{self.shortest} to {self.longest}"


# Words YAML 1.1 reads as something other than a text; a name that is one of them changes its type unquoted.
_YAML_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})

_DNS_LABEL = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_DNS_WORDS = "lower case letters, digits and -, beginning with a letter, not ending with -"

SERVICE = NameRule(
    what="service name",
    pattern=_DNS_LABEL,
    shortest=2,
    longest=_IDENTIFIER_BYTES - _LONGEST_SUFFIX,
    allowed=_DNS_WORDS,
    source="RFC 1035 label of a Kubernetes Service; <service>-<env> is a PostgreSQL identifier",
    # These are segments of the platform's own parameters: /zerotouch/<env>/platform/ghcr/…
    reserved=frozenset({"platform", "argocd", "ghcr"}) | _YAML_WORDS,
)
NAMESPACE = NameRule(
    what="namespace",
    pattern=_DNS_LABEL,
    shortest=1,
    longest=63,
    allowed=_DNS_WORDS,
    source="RFC 1123 label of a Kubernetes Namespace; system namespaces are not tenants'",
    reserved=frozenset({"default", "argocd", "external-secrets", "crossplane-system"}) | _YAML_WORDS,
    reserved_prefixes=("kube-",),
)
CLAIM = NameRule(
    what="cache name",
    pattern=_DNS_LABEL,
    shortest=1,
    longest=52,
    allowed=_DNS_WORDS,
    source="the claim's StatefulSet puts <claim>-<10 characters> into a 63-byte label value",
    reserved=_YAML_WORDS,
)
TEAM = NameRule(
    what="team",
    pattern=re.compile(r"[A-Za-z]([A-Za-z0-9._-]*[A-Za-z0-9])?"),
    shortest=1,
    longest=63,
    allowed="letters, digits, ., _ and -, beginning with a letter, ending with a letter or digit",
    source="Kubernetes label value that YAML reads as a text",
    reserved=_YAML_WORDS
    | {word.capitalize() for word in _YAML_WORDS}
    | {word.upper() for word in _YAML_WORDS},
)
SECRET_OBJECT = NameRule(
    what="pull secret",
    pattern=re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"),
    shortest=1,
    longest=253,
    allowed="lower case letters, digits, - and ., beginning with a letter",
    source="RFC 1123 subdomain of a Kubernetes Secret",
    reserved=_YAML_WORDS,
)
KEY = NameRule(
    what="secret key",
    pattern=re.compile(r"[a-z][a-z0-9_]*"),
    shortest=1,
    longest=100,
    allowed="lower case letters, digits and _, beginning with a letter",
    source="the platform's sync refuses - in keys; the upper case form is an environment variable",
    reserved=frozenset(
        {
            "database_url",
            "direct_url",
            "database_owner_url",
            OFFBOARDING,
            "jwt_previous_public_key",
            "jwt_previous_key_id",
            "jwt_private_key",
            "jwt_public_key",
            "jwt_key_id",
            "ghcr_username",
            "ghcr_password",
            "neon_auth_url",
            "storage_access_key_id",
            "storage_secret_access_key",
        }
    )
    | _YAML_WORDS,
    quoted=False,
)
DATABASE = NameRule(
    what="database name",
    pattern=re.compile(r"[a-z][a-z0-9_-]*"),
    shortest=1,
    longest=_IDENTIFIER_BYTES,
    allowed="lower case letters, digits, _ and -, beginning with a letter",
    source="PostgreSQL identifiers have 63 bytes; Neon keeps these names to itself",
    reserved=frozenset({"postgres", "template0", "template1"}),
)
ROLE = NameRule(
    what="role name",
    pattern=re.compile(r"[a-z][a-z0-9_-]*"),
    shortest=1,
    longest=_IDENTIFIER_BYTES,
    allowed="lower case letters, digits, _ and -, beginning with a letter",
    source="PostgreSQL identifiers have 63 bytes; Neon keeps these names to itself",
    reserved=frozenset({"neon_superuser", "cloud_admin", "zenith_admin", "public", "none"}),
    reserved_prefixes=("pg_",),
)
BUCKET = NameRule(
    what="bucket",
    pattern=re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"),
    shortest=3,
    longest=63,
    allowed="lower case letters, digits and -, beginning and ending with a letter or digit",
    source="S3 bucket naming, without dots because they break TLS host names",
    reserved_prefixes=("xn--", "sthree-", "amzn-s3-demo-"),
    reserved_suffixes=("-s3alias", "--ol-s3", "--x-s3"),
)


def environment_of(name: str) -> str | None:
    """`production` and `prod` are `prod`; None for a name that is no environment."""
    canonical = _ALIASES.get(name, name)
    return canonical if canonical in ENVIRONMENTS else None


def overlay_of(environment: str) -> str:
    """Folder of the environment below `overlays/`; raises KeyError for no environment."""
    return _OVERLAYS[_ALIASES.get(environment, environment)]


def parameter_name(prefix: str, environment: str, service: str, key: str) -> str:
    """`/zerotouch/dev/identity-service/database_url`."""
    return f"{prefix}/{environment}/{service}/{key}"


def parameter_path(prefix: str, environment: str, service: str) -> str:
    """The path below which the parameters of one tenant stand, without a closing slash."""
    return f"{prefix}/{environment}/{service}"


def platform_parameter(prefix: str, environment: str, system: str, key: str) -> str:
    """`/zerotouch/dev/platform/ghcr/username`: shared by the tenants of one environment."""
    return f"{prefix}/{environment}/platform/{system}/{key}"


def lock_name(prefix: str, environment: str, service: str) -> str:
    """`/zerotouch/_locks/dev/identity-service`; no environment begins with `_`."""
    return f"{prefix}/_locks/{environment}/{service}"


def database_name(service: str, environment: str) -> str:
    """Database of a tenant that names none."""
    return f"{service}-{environment}"


def role_name(service: str, environment: str) -> str:
    """Role that owns a tenant's database."""
    return f"{service}-{environment}"


def connection_secret(claim: str) -> str:
    """Secret the platform writes for a cache claim."""
    return f"{claim}-conn"


def work_role(service: str, environment: str, suffix: str) -> str:
    """A role made beside the owner: `identity-service-dev-a`. What is too long for PostgreSQL is cut and told
    apart by a digest.
    """
    whole = f"{role_name(service, environment)}-{suffix}"
    if len(whole) <= _IDENTIFIER_BYTES:
        return whole
    tail = f"-{hashlib.sha256(whole.encode()).hexdigest()[:6]}-{suffix}"
    return f"{whole[: _IDENTIFIER_BYTES - len(tail)]}{tail}"


def rotation_record(prefix: str, environment: str, service: str, subject: str) -> str:
    """`/zerotouch/dev/identity-service/rotation/database`: what a rotation is about to do, or has done."""
    return f"{parameter_path(prefix, environment, service)}/rotation/{subject}"


def offboarding_record(prefix: str, environment: str, service: str) -> str:
    """`/zerotouch/dev/identity-service/offboarding`: stands while a tenant is taken down."""
    return f"{parameter_path(prefix, environment, service)}/{OFFBOARDING}"


def archived_parameter(prefix: str, environment: str, service: str, run: str, key: str) -> str:
    """Where the last value of an offboarded tenant's parameter is kept."""
    return f"{prefix}/_offboarded/{environment}/{service}/{run}/{key}"


def jwt_overlap_secret(service: str) -> str:
    """Secret with the second key that verifiers accept while a JWT key pair is rotated."""
    return f"{service}-jwt-overlap"


def application_name(service: str) -> str:
    """ArgoCD Application of a tenant; each environment has its own cluster, so the name carries none."""
    return service


def tenant_folder(service: str) -> str:
    """Folder of a service in the tenants repository."""
    return f"tenants/{service}"


def environment_variable(key: str) -> str:
    """`openai_api_key` reaches the pod as `OPENAI_API_KEY`."""
    return key.upper()

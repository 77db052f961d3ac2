"""Which names Neon takes."""

import re

from simulator.neon.refusals import Invalid

LONGEST_IDENTIFIER = 63
LONGEST_NAME = 256
LONGEST_ENDPOINT_NAME = 64
REGIONS = (
    "aws-ap-south-1",
    "aws-ap-southeast-1",
    "aws-ap-southeast-2",
    "aws-eu-central-1",
    "aws-eu-west-2",
    "aws-sa-east-1",
    "aws-us-east-1",
    "aws-us-east-2",
    "aws-us-west-2",
)
DEFAULT_REGION = "aws-us-east-2"
COMPUTE_DOMAIN = "aws.neon.localhost"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_RESERVED_ROLES = frozenset({"neon_superuser", "cloud_admin", "zenith_admin", "public", "none"})
_RESERVED_DATABASES = frozenset({"postgres", "template0", "template1"})


def role_name(name: str) -> str:
    """The name itself; raises Invalid for one PostgreSQL or Neon keeps for itself."""
    _identifier("role", name)
    if name in _RESERVED_ROLES or name.startswith("pg_"):
        raise Invalid(f"role name {name} is reserved")
    return name


def database_name(name: str) -> str:
    """The name itself; raises Invalid for one PostgreSQL keeps for itself."""
    _identifier("database", name)
    if name in _RESERVED_DATABASES:
        raise Invalid(f"database name {name} is reserved")
    return name


def title(kind: str, name: str, longest: int = LONGEST_NAME) -> str:
    """A project's, branch's or endpoint's name."""
    if not 1 <= len(name) <= longest:
        raise Invalid(f"{kind} name must have 1 to {longest} characters")
    return name


def region(name: str) -> str:
    """A region id; `ap-south-1` is short for `aws-ap-south-1`."""
    full = name if name.startswith("aws-") else f"aws-{name}"
    if full not in REGIONS:
        raise Invalid(f"region {name} is not one of {', '.join(REGIONS)}")
    return full


def host(endpoint_id: str, region_id: str, *, pooled: bool = False) -> str:
    """The DNS name a compute is reached under; it need not resolve, TLS carries it as SNI."""
    return f"{endpoint_id}{'-pooler' if pooled else ''}.{region_id.removeprefix('aws-')}.{COMPUTE_DOMAIN}"


def wildcards() -> tuple[str, ...]:
    """What the certificate of the compute front is issued for."""
    return tuple(host("*", name) for name in REGIONS)


def endpoint_of(server_name: str) -> str | None:
    """The endpoint a DNS name stands for, pooled or not; None for a name that is no compute's."""
    label, _, domain = server_name.partition(".")
    if not domain.endswith(COMPUTE_DOMAIN) or not label.startswith("ep-"):
        return None
    return label.removesuffix("-pooler")


def _identifier(kind: str, name: str) -> None:
    if not name or len(name.encode()) > LONGEST_IDENTIFIER:
        raise Invalid(f"{kind} name must have 1 to {LONGEST_IDENTIFIER} bytes")
    if _CONTROL.search(name):
        raise Invalid(f"{kind} name must not contain control characters")

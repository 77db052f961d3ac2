"""Which names Neon takes."""

import re
from collections.abc import Callable

from simulator.neon.refusals import Invalid
from simulator.neon.regions import REGIONS

LONGEST_IDENTIFIER = 63
LONGEST_NAME = 256
LONGEST_ENDPOINT_NAME = 64
LONGEST_KEY_NAME = 64
LONGEST_USER_NAME = 255
LONGEST_EMAIL = 256
COMPUTE_DOMAIN = "aws.neon.localhost"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
                    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+")  # fmt: skip
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


def titled(longest: int) -> Callable[[str, str], str]:
    """A check of names people give: of projects, branches, endpoints, keys."""

    def check(where: str, name: str) -> str:
        if not 1 <= len(name) <= longest:
            raise Invalid(f"{where} must have 1 to {longest} characters")
        return name

    return check


def title(kind: str, name: str) -> str:
    """A project's or branch's name; raises Invalid."""
    return titled(LONGEST_NAME)(f"{kind} name", name)


def email(longest: int) -> Callable[[str, str], str]:
    """A check of addresses of people."""

    def check(where: str, address: str) -> str:
        if len(address) > longest or not _EMAIL.fullmatch(address):
            raise Invalid(f"{where} must be an email address")
        return address

    return check


def host(endpoint_id: str, region_id: str, *, pooled: bool = False) -> str:
    """The DNS name a compute is reached under; it need not resolve, TLS carries it as SNI."""
    return f"{endpoint_id}{'-pooler' if pooled else ''}.{region_id.removeprefix('aws-')}.{COMPUTE_DOMAIN}"


def wildcards() -> tuple[str, ...]:
    """What the certificate of the compute front is issued for."""
    return tuple(host("*", region.id) for region in REGIONS)


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

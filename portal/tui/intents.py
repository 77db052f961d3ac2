"""What can be asked for: values that screens hand to the application."""

from dataclasses import dataclass
from typing import TypeAlias

from portal.core.facets import TenantKey
from portal.core.spec import ServiceSpec


@dataclass(frozen=True, slots=True)
class Onboard:
    """A service into an environment."""

    spec: ServiceSpec
    environment: str


@dataclass(frozen=True, slots=True)
class Rotate:
    """A credential of a tenant: `database`, `jwt`, or a key of its secrets."""

    tenant: TenantKey
    key: str


@dataclass(frozen=True, slots=True)
class Offboard:
    """A tenant taken down, or what is left of that."""

    tenant: TenantKey


@dataclass(frozen=True, slots=True)
class Resume:
    """An onboarding this machine has begun."""

    tenant: TenantKey


Intent: TypeAlias = Onboard | Rotate | Offboard | Resume

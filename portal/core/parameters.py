"""Parameter Store values and metadata, and the ownership mark the portal puts on what it makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.core.secrets import Secret

MANAGED_BY = ("managed-by", "zerotouch-portal")


@dataclass(frozen=True, slots=True)
class ParameterMeta:
    """What `DescribeParameters` tells: never a value. `modified_at` is seconds since the epoch."""

    name: str
    version: int
    type: str
    modified_at: float
    tier: str = "Standard"
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """One decrypted value, read on purpose."""

    name: str
    version: int
    value: Secret


@dataclass(frozen=True, slots=True)
class ParameterVersion:
    """One version in a parameter's history: never its value. `modified_by` is the ARN of who wrote it,
    `modified_at` seconds since the epoch.
    """

    version: int
    modified_at: float
    modified_by: str
    labels: tuple[str, ...] = ()


def is_ours(tags: Mapping[str, str]) -> bool:
    """Whether the portal made what carries these tags, or adopted it."""
    key, value = MANAGED_BY
    return tags.get(key) == value

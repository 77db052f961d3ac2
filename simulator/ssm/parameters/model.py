"""A parameter and its versions, without their values."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulator.ssm.parameters.refusals import version_not_found

SECURE = "SecureString"


@dataclass(frozen=True, slots=True)
class InlinePolicy:
    """A policy of a parameter itself (its expiry, or a notice about it), as it was given."""

    type: str
    text: str


@dataclass(slots=True)
class Version:
    """`sealed` is what a SecureString shows to those who do not ask for decryption."""

    number: int
    type: str
    tier: str
    modified_at: datetime
    modified_by: str
    description: str = ""
    key_id: str = ""
    allowed_pattern: str = ""
    data_type: str = "text"
    policies: tuple[InlinePolicy, ...] = ()
    sealed: str = field(default="", repr=False)
    labels: list[str] = field(default_factory=list)

    @property
    def secure(self) -> bool:
        return self.type == SECURE


@dataclass(slots=True)
class Parameter:
    """`serial` orders parameters by their creation; versions are in order and never none."""

    name: str
    serial: int
    versions: list[Version]
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def latest(self) -> Version:
        return self.versions[-1]

    def version(self, selector: str) -> Version:
        """The version a number or a label stands for, the latest for an empty one; raises Refusal."""
        if not selector:
            return self.latest
        for each in self.versions:
            if (str(each.number) == selector) if selector.isdigit() else (selector in each.labels):
                return each
        raise version_not_found(selector, self.name)


@dataclass(slots=True)
class Catalog:
    """All parameters of one place, by key, in the order of their creation."""

    parameters: dict[str, Parameter] = field(default_factory=dict)
    serials: int = 0

    def add(self, key: str, name: str, first: Version, tags: dict[str, str]) -> None:
        self.serials += 1
        self.parameters[key] = Parameter(name, self.serials, [first], tags)

    def of_tier(self, tier: str) -> int:
        """How many parameters are of that tier."""
        return sum(parameter.latest.tier == tier for parameter in self.parameters.values())


def metadata(parameter: Parameter, version: Version) -> dict[str, Any]:
    """What DescribeParameters and GetParameterHistory tell of a version; empty texts are left out."""
    told: dict[str, Any] = {
        "Name": parameter.name,
        "Type": version.type,
        "LastModifiedDate": moment(version.modified_at),
        "LastModifiedUser": version.modified_by,
        "Version": version.number,
        "Tier": version.tier,
        "DataType": version.data_type,
        "Policies": [
            {"PolicyText": policy.text, "PolicyType": policy.type, "PolicyStatus": "Pending"}
            for policy in version.policies
        ],
    }
    optional = {
        "KeyId": version.key_id,
        "Description": version.description,
        "AllowedPattern": version.allowed_pattern,
    }
    return told | {name: text for name, text in optional.items() if text}


def moment(at: datetime) -> float:
    """Seconds since 1970, to the millisecond, as AWS JSON 1.1 has times."""
    return round(at.timestamp(), 3)

"""What a PutParameter makes of what stands: the next version, or a refusal."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulator.ssm.parameters import inline_policies, tiers
from simulator.ssm.parameters.model import SECURE, Catalog, InlinePolicy, Parameter, Version
from simulator.ssm.parameters.refusals import Refusal, invalid

VERSIONS = 100
"""How many versions of a parameter are kept."""
_DATA_TYPES = ("text", "aws:ec2:image", "aws:ssm:integration")
_KMS_HEADER = bytes.fromhex("0102020078")
"""How KMS ciphertexts begin; in base64 it reads AQICAH."""
_KMS_OVERHEAD = 147


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, when, and with which key secure values are encrypted."""

    user: str
    now: datetime
    key_id: str


def next_version(
    request: Mapping[str, Any], standing: Parameter | None, catalog: Catalog, writer: Writer
) -> Version:
    """The version a valid request makes; raises Refusal. `request` went through its shape before.

    Whether the value matches the version's pattern is left to see.
    """
    last = standing.latest if standing else None
    _allowed(request, last)
    kind = request.get("Type") or (last.type if last else "")
    policies = _policies(request, last)
    size = len(request["Value"].encode())
    tier = _tier(request, last, size, catalog, has_policies=bool(policies))
    if standing:
        _room_for_version(standing)
    secure = kind == SECURE
    return Version(
        number=last.number + 1 if last else 1,
        type=kind,
        tier=tier,
        modified_at=writer.now,
        modified_by=writer.user,
        description=request.get("Description", last.description if last else ""),
        key_id=writer.key_id if secure else "",
        allowed_pattern=request.get("AllowedPattern", last.allowed_pattern if last else ""),
        data_type=request.get("DataType") or (last.data_type if last else "text"),
        policies=policies,
        sealed=_sealed(size) if secure else "",
    )


def _allowed(request: Mapping[str, Any], last: Version | None) -> None:
    if request.get("Overwrite") and request.get("Tags"):
        raise invalid(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, "
            "please "
            "remove overwrite flag. To update tags for an existing parameter, please use "
            "AddTagsToResource or "
            "RemoveTagsFromResource."
        )
    if last is None and not request.get("Type"):
        raise invalid("A parameter type is required when you create a parameter.")
    if last is not None and not request.get("Overwrite"):
        raise Refusal(
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in the "
            "request to "
            "true.",
        )
    if last is not None and request.get("Type", last.type) != last.type:
        raise Refusal(
            "HierarchyTypeMismatchException",
            "Parameter Store doesn't support changing a parameter type in a hierarchy. For example, you "
            "can't "
            "change a parameter from a String type to a SecureString type. You must create a new, unique "
            "parameter.",
        )
    data_type = request.get("DataType", "text")
    if data_type not in _DATA_TYPES:
        raise invalid(
            f"The following data type is not supported: {data_type} (Data type names are all lowercase.)"
        )


def _policies(request: Mapping[str, Any], last: Version | None) -> tuple[InlinePolicy, ...]:
    if "Policies" in request:
        return inline_policies.read(request["Policies"])
    return last.policies if last else ()


def _tier(
    request: Mapping[str, Any], last: Version | None, size: int, catalog: Catalog, *, has_policies: bool
) -> str:
    standing = last.tier if last else ""
    full = catalog.of_tier(tiers.STANDARD) >= tiers.COUNTS[tiers.STANDARD]
    chosen = tiers.tier(request.get("Tier", ""), standing, size, policies=has_policies, full=full)
    if chosen != standing:
        tiers.room(chosen, catalog.of_tier(chosen))
    return chosen


def _room_for_version(standing: Parameter) -> None:
    oldest = standing.versions[0]
    if len(standing.versions) >= VERSIONS and oldest.labels:
        raise Refusal(
            "ParameterMaxVersionLimitExceeded",
            f"You attempted to create a new version of {standing.name} by calling the PutParameter API "
            "with the "
            f"overwrite flag. Version {oldest.number}, the oldest version, can't be deleted because it has a "
            "label associated with it. Move the label to another version of the parameter, and try again.",
        )


def _sealed(size: int) -> str:
    """Looks like what KMS makes of a value of that size, and says nothing else about it."""
    return base64.b64encode(_KMS_HEADER + secrets.token_bytes(_KMS_OVERHEAD + size)).decode()

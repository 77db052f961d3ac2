"""Access keys of AWS calls: where they stand in a request, and whose they are."""

import re
from collections.abc import Mapping

from simulator.gateway.service import Head

REAL = ("AKIA", "ASIA")
"""How access key ids of AWS itself begin; those of a run begin otherwise."""

_SIGNED = re.compile(r"AWS4-HMAC-SHA256\s+.*?Credential=([^/,\s]+)/")
_SIGNED_V2 = re.compile(r"AWS ([^:\s]+):")


def access_key(head: Head) -> str | None:
    """The access key id of a signed or presigned request; signatures themselves are not checked."""
    header = head.headers.get("authorization", "")
    if found := _SIGNED.match(header) or _SIGNED_V2.match(header):
        return found.group(1)
    presigned = head.query.get("X-Amz-Credential") or head.query.get("AWSAccessKeyId")
    return presigned[0].partition("/")[0] if presigned else None


def owner(key: str | None, keys: Mapping[str, str]) -> str | None:
    """Whom the key was minted for."""
    return keys.get(key) if key else None

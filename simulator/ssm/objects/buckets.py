"""Buckets of one storage: what may be one, where it may be made, what it is called in the server behind."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from xml.etree import ElementTree as ET

from simulator.ssm.objects.errors import Fault, malformed_xml, no_such_bucket

MOST = {"aws": 10_000, "ceph": 100}
"""How many buckets one account makes; sources: S3 User Guide, "General purpose buckets quotas";
docs.hetzner.com, Object Storage, "Limits"."""
LONGEST_KEY = 1024
"""Bytes of a key in UTF-8."""
_FORM = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED = (("xn--", "sthree-", "amzn-s3-demo-"), ("-s3alias", "--ol-s3", "--x-s3", ".mrap"))
_WITHOUT_CONSTRAINT = "us-east-1"


@dataclass(frozen=True, slots=True)
class Flavour:
    """How one storage differs from another. `checks_region` is whether a signature names the right one."""

    name: str
    region: str
    checks_region: bool
    checks_permissions: bool
    private_by_default: bool
    """Whether a new bucket blocks public access and knows no ACLs."""


def aws(region: str) -> Flavour:
    """Amazon S3 at one regional endpoint."""
    return Flavour("aws", region, checks_region=True, checks_permissions=True, private_by_default=True)


def ceph(region: str) -> Flavour:
    """Ceph's RADOS gateway, as Hetzner runs it: a key opens every bucket of its project."""
    return Flavour(
        "ceph",
        region,
        checks_region=False,
        checks_permissions=False,
        private_by_default=False,
    )


@dataclass(frozen=True, slots=True)
class Bucket:
    """`behind` is its name in the server that keeps the objects."""

    name: str
    behind: str
    made_at: datetime


@dataclass(slots=True)
class Buckets:
    """All buckets of one storage."""

    flavour: Flavour
    known: dict[str, Bucket] = field(default_factory=dict)

    def the(self, name: str) -> Bucket:
        """Raises Fault when there is none."""
        if name not in self.known:
            raise no_such_bucket(name)
        return self.known[name]

    def new(self, name: str, document: bytes, now: datetime) -> Bucket:
        """The bucket a request makes, not yet among those known; raises Fault."""
        _well_formed(name)
        _placed(document, self.flavour)
        if name in self.known:
            raise self._taken(name)
        if len(self.known) >= MOST[self.flavour.name]:
            raise Fault("TooManyBuckets", "You have attempted to create more buckets than allowed")
        return Bucket(name, self._behind(name), now)

    def _taken(self, name: str) -> Fault:
        if self.flavour.name == "aws":
            said = "Your previous request to create the named bucket succeeded and you already own it."
            return Fault("BucketAlreadyOwnedByYou", said, 409, {"BucketName": name})
        return Fault("BucketAlreadyExists", "", 409, {"BucketName": name})

    def _behind(self, name: str) -> str:
        """Names of S3 are kept; those of others are made so that no two storages share one."""
        if self.flavour.name == "aws":
            return name
        return f"{self.flavour.name}-{hashlib.sha256(name.encode()).hexdigest()[:48]}"


def _well_formed(name: str) -> None:
    """Source: S3 User Guide, "General purpose bucket naming rules"."""
    prefixes, suffixes = _RESERVED
    if (
        not _FORM.fullmatch(name)
        or ".." in name
        or _ADDRESS.fullmatch(name)
        or name.startswith(prefixes)
        or name.endswith(suffixes)
    ):
        raise Fault("InvalidBucketName", "The specified bucket is not valid.", 400, {"BucketName": name})


def _placed(document: bytes, flavour: Flavour) -> None:
    """Whether the configuration of a request names the place where this endpoint is."""
    wanted = _constraint(document)
    if flavour.name != "aws":
        if wanted not in {"", flavour.region}:
            raise Fault("InvalidLocationConstraint", "The specified location-constraint is not valid")
    elif wanted != ("" if flavour.region == _WITHOUT_CONSTRAINT else flavour.region):
        said = wanted or "unspecified"
        raise Fault(
            "IllegalLocationConstraintException",
            f"The {said} location constraint is incompatible for the region specific endpoint this "
            "request was "
            "sent to.",
        )


def _constraint(document: bytes) -> str:
    if not document.strip():
        return ""
    root = parsed(document)
    if root.tag.rpartition("}")[2] != "CreateBucketConfiguration":
        raise malformed_xml()
    return (root.findtext("{*}LocationConstraint") or root.findtext("LocationConstraint") or "").strip()


def parsed(document: bytes) -> ET.Element:
    """A document without declarations of its own, by which entities could grow; raises Fault."""
    if b"<!" in document:
        raise malformed_xml()
    try:
        return ET.fromstring(document)  # noqa: S314 - nothing in it can be expanded
    except ET.ParseError as exc:
        raise malformed_xml() from exc

"""Answers a storage gives itself, in S3's XML: its buckets, and where one of them is."""

from collections.abc import Iterable
from datetime import UTC
from xml.sax.saxutils import escape

from simulator.ssm.objects.buckets import Bucket

_SPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_WITHOUT_CONSTRAINT = "us-east-1"


def buckets(found: Iterable[Bucket], owner: str) -> bytes:
    """All of them, in the order of their names."""
    each = "".join(
        f"<Bucket><Name>{escape(bucket.name)}</Name>"
        f"<CreationDate>{bucket.made_at.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S.000Z')}</CreationDate></Bucket>"
        for bucket in sorted(found, key=lambda bucket: bucket.name)
    )
    whose = f"<Owner><ID>{escape(owner)}</ID><DisplayName>{escape(owner)}</DisplayName></Owner>"
    inner = f"{whose}<Buckets>{each}</Buckets>"
    return f"{_HEAD}<ListAllMyBucketsResult {_SPACE}>{inner}</ListAllMyBucketsResult>".encode()


def location(region: str) -> bytes:
    """The oldest region has no name here."""
    named = "" if region == _WITHOUT_CONSTRAINT else region
    return f"{_HEAD}<LocationConstraint {_SPACE}>{named}</LocationConstraint>".encode()

"""Object storage: operations by method and shape of a path-style request, access keys, XML errors."""

from collections.abc import Mapping
from uuid import uuid4
from xml.sax.saxutils import escape

from simulator.gateway.aws import REAL, access_key, owner
from simulator.gateway.service import Head, Operation, Refused, Reply, rehearsal_only

_BUCKET = {
    "GET": "ListObjects",
    "HEAD": "HeadBucket",
    "PUT": "CreateBucket",
    "DELETE": "DeleteBucket",
    "POST": "PostObject",
}
_OBJECT = {
    "GET": "GetObject",
    "HEAD": "HeadObject",
    "PUT": "PutObject",
    "DELETE": "DeleteObject",
    "POST": "PostObject",
}
_VERBS = {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}
_OF_BUCKET = {
    "versioning": "BucketVersioning",
    "location": "BucketLocation",
    "policyStatus": "BucketPolicyStatus",
    "policy": "BucketPolicy",
    "cors": "BucketCors",
    "tagging": "BucketTagging",
    "acl": "BucketAcl",
    "lifecycle": "BucketLifecycleConfiguration",
    "encryption": "BucketEncryption",
    "publicAccessBlock": "PublicAccessBlock",
    "ownershipControls": "BucketOwnershipControls",
    "object-lock": "ObjectLockConfiguration",
    "notification": "BucketNotificationConfiguration",
    "logging": "BucketLogging",
    "website": "BucketWebsite",
    "replication": "BucketReplication",
    "accelerate": "BucketAccelerateConfiguration",
    "requestPayment": "BucketRequestPayment",
}
_OF_OBJECT = {
    "tagging": "ObjectTagging",
    "acl": "ObjectAcl",
    "retention": "ObjectRetention",
    "legal-hold": "ObjectLegalHold",
    "attributes": "ObjectAttributes",
}
_UPLOADS = {
    "PUT": "UploadPart",
    "POST": "CompleteMultipartUpload",
    "DELETE": "AbortMultipartUpload",
    "GET": "ListParts",
}
_USUAL = {
    400: ("InvalidRequest", "The request is not valid."),
    403: ("AccessDenied", "Access Denied"),
    404: ("NoSuchKey", "The specified key does not exist."),
    500: ("InternalError", "We encountered an internal error. Please try again."),
    503: ("ServiceUnavailable", "Please reduce your request rate."),
}


class S3:
    """Access key ids are given with the name of whom they were minted for."""

    name = "s3"

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = keys

    def operation(self, head: Head) -> Operation:
        bucket, _, key = head.path.lstrip("/").partition("/")
        if not bucket:
            name = "ListBuckets"
        elif key:
            name = _object_operation(head)
        else:
            name = _bucket_operation(head)
        return Operation(name, mutating=head.method not in {"GET", "HEAD", "OPTIONS"})

    def caller(self, head: Head) -> str:
        key = access_key(head)
        if key is None:
            raise Refused(self.failure(403, "AccessDenied", "Access Denied"))
        if key.startswith(REAL):
            sentence = rehearsal_only("access keys", "aws/credentials")
            raise Refused(self.failure(403, "InvalidAccessKeyId", sentence))
        caller = owner(key, self._keys)
        if caller is None:
            sentence = "The AWS Access Key Id you provided does not exist in our records."
            raise Refused(self.failure(403, "InvalidAccessKeyId", sentence))
        return caller

    def failure(self, status: int, code: str, message: str) -> Reply:
        usual_code, usual = _USUAL.get(status, ("InternalError", f"the request failed with status {status}"))
        request = uuid4().hex[:16].upper()
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{escape(code or usual_code)}</Code><Message>{escape(message or usual)}</Message>"
            f"<RequestId>{request}</RequestId></Error>"
        )
        return Reply(status, body.encode(), {"content-type": "application/xml", "x-amz-request-id": request})

    def throttled(self, retry_after: int) -> Reply:
        """S3 names no delay, so `retry_after` is not told."""
        del retry_after
        return self.failure(503, "SlowDown", "Please reduce your request rate.")

    def last_word(self, failure: Reply) -> bytes:
        """No call of this API is a stream."""
        del failure
        return b""


def _bucket_operation(head: Head) -> str:
    for parameter, noun in _OF_BUCKET.items():
        if parameter in head.query:
            return _VERBS.get(head.method, head.method) + noun
    if head.method == "POST" and "delete" in head.query:
        return "DeleteObjects"
    if head.method == "GET":
        shapes = {
            "list-type": "ListObjectsV2",
            "versions": "ListObjectVersions",
            "uploads": "ListMultipartUploads",
        }
        return next((name for parameter, name in shapes.items() if parameter in head.query), "ListObjects")
    return _BUCKET.get(head.method, f"{head.method} bucket")


def _object_operation(head: Head) -> str:
    for parameter, noun in _OF_OBJECT.items():
        if parameter in head.query:
            return _VERBS.get(head.method, head.method) + noun
    copies = head.method == "PUT" and "x-amz-copy-source" in head.headers
    if "uploadId" in head.query:
        return "UploadPartCopy" if copies else _UPLOADS.get(head.method, f"{head.method} upload")
    if copies:
        return "CopyObject"
    if head.method == "POST":
        shapes = {"uploads": "CreateMultipartUpload", "restore": "RestoreObject"}
        return next((name for parameter, name in shapes.items() if parameter in head.query), "PostObject")
    return _OBJECT.get(head.method, f"{head.method} object")

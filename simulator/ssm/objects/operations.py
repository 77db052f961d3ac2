"""What a request to object storage means: its bucket, its key, its name in the API, the permission it "
"needs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_ENDPOINT = ".localhost"
Query = Mapping[str, Sequence[str]]

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
    "analytics": "BucketAnalyticsConfiguration",
    "intelligent-tiering": "BucketIntelligentTieringConfiguration",
    "inventory": "BucketInventoryConfiguration",
    "metrics": "BucketMetricsConfiguration",
}
_OF_OBJECT = {
    "tagging": "ObjectTagging",
    "acl": "ObjectAcl",
    "retention": "ObjectRetention",
    "legal-hold": "ObjectLegalHold",
    "attributes": "ObjectAttributes",
    "torrent": "ObjectTorrent",
}
_UPLOADS = {
    "PUT": "UploadPart",
    "POST": "CompleteMultipartUpload",
    "DELETE": "AbortMultipartUpload",
    "GET": "ListParts",
}
_POSTS = {"uploads": "CreateMultipartUpload", "restore": "RestoreObject"}
_LISTS = {"list-type": "ListObjectsV2", "versions": "ListObjectVersions", "uploads": "ListMultipartUploads"}

PERMISSIONS: Mapping[str, str] = {
    "ListBuckets": "ListAllMyBuckets",
    "CreateBucket": "CreateBucket",
    "DeleteBucket": "DeleteBucket",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "GetBucketLocation": "GetBucketLocation",
    "GetBucketVersioning": "GetBucketVersioning",
    "PutBucketVersioning": "PutBucketVersioning",
    "GetBucketPolicy": "GetBucketPolicy",
    "PutBucketPolicy": "PutBucketPolicy",
    "DeleteBucketPolicy": "DeleteBucketPolicy",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "GetBucketTagging": "GetBucketTagging",
    "PutBucketTagging": "PutBucketTagging",
    "DeleteBucketTagging": "PutBucketTagging",
    "GetBucketAcl": "GetBucketAcl",
    "PutBucketAcl": "PutBucketAcl",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketOwnershipControls": "GetBucketOwnershipControls",
    "PutBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "GetObject": "GetObject",
    "HeadObject": "GetObject",
    "PutObject": "PutObject",
    "CopyObject": "PutObject",
    "DeleteObject": "DeleteObject",
    "DeleteObjects": "DeleteObject",
    "GetObjectTagging": "GetObjectTagging",
    "PutObjectTagging": "PutObjectTagging",
    "DeleteObjectTagging": "DeleteObjectTagging",
    "GetObjectAcl": "GetObjectAcl",
    "PutObjectAcl": "PutObjectAcl",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "AbortMultipartUpload": "AbortMultipartUpload",
    "ListParts": "ListMultipartUploadParts",
}
"""What the simulated storage serves, each with the IAM action that allows it.

Source: S3 User Guide, "Required permissions for Amazon S3 API operations".
"""


@dataclass(frozen=True, slots=True)
class Target:
    """What a request speaks of; both empty for the storage itself."""

    bucket: str
    key: str


def target(host: str, path: str) -> Target:
    """By path, or by host where a bucket stands before the name of the endpoint."""
    named = host.partition(":")[0]
    if named.endswith(_ENDPOINT):
        return Target(named.removesuffix(_ENDPOINT), path.removeprefix("/"))
    bucket, _, key = path.removeprefix("/").partition("/")
    return Target(bucket, key)


def name(method: str, at: Target, query: Query, headers: Mapping[str, str]) -> str:
    """The operation in the terms of the API; any request has one, also one the API does not know."""
    if not at.bucket:
        return "ListBuckets" if method == "GET" else f"{method} service"
    return _on_object(method, query, headers) if at.key else _on_bucket(method, query)


def _on_bucket(method: str, query: Query) -> str:
    for parameter, noun in _OF_BUCKET.items():
        if parameter in query:
            return _VERBS.get(method, method) + noun
    if method == "POST" and "delete" in query:
        return "DeleteObjects"
    if method == "GET":
        return next((name for parameter, name in _LISTS.items() if parameter in query), "ListObjects")
    return _BUCKET.get(method, f"{method} bucket")


def _on_object(method: str, query: Query, headers: Mapping[str, str]) -> str:
    for parameter, noun in _OF_OBJECT.items():
        if parameter in query:
            return _VERBS.get(method, method) + noun
    copies = method == "PUT" and "x-amz-copy-source" in headers
    if "uploadId" in query:
        return "UploadPartCopy" if copies else _UPLOADS.get(method, f"{method} upload")
    if copies:
        return "CopyObject"
    if method == "POST":
        return next((name for parameter, name in _POSTS.items() if parameter in query), "PostObject")
    return _OBJECT.get(method, f"{method} object")

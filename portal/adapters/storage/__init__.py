"""Object storage: S3, or an endpoint that speaks it. Buckets only; the portal never touches objects.

No call is repeated here, and none runs on the loop.
"""

from portal.adapters.storage.buckets import ObjectStore

__all__ = ["ObjectStore"]

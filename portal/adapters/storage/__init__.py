"""Object storage: S3 and endpoints that speak it. Buckets only; the portal never touches objects.

No call is repeated here, and none runs on the loop.
"""

from portal.adapters.storage.buckets import ObjectStore
from portal.adapters.storage.providers import ObjectStores

__all__ = ["ObjectStore", "ObjectStores"]

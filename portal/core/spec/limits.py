"""Words and bounds of `service.yaml` that are no names."""

import re

from portal.core.names import ENVIRONMENTS

API_VERSION = "portal.zerotouch.dev/v1"
KIND = "Service"
ENVIRONMENT_WORDS = (*ENVIRONMENTS, "production")
PORT = (1, 65535)
REPLICAS = (0, 100)
STORAGE_GB = (5, 500)
IMAGE = re.compile(
    r"[a-z0-9]([a-z0-9._:-]*[a-z0-9])?(/[a-z0-9]([a-z0-9._-]*[a-z0-9])?)*"
    r"(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})"
)
"""A reference to one version: a tag, a digest or both."""

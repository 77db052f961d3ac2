"""Specifications the tests of this folder and of the engine start from."""

import copy
from typing import Any

from portal.core.spec import ServiceSpec, from_mapping

IDENTITY: dict[str, Any] = {
    "apiVersion": "portal.zerotouch.dev/v1",
    "kind": "Service",
    "metadata": {"name": "identity-service", "team": "platform"},
    "spec": {
        "namespace": "platform-identity",
        "image": "ghcr.io/bizmatters/identity-service:1.4.2",
        "port": 3000,
        "replicas": 2,
        "database": {"pooled": True},
        "cache": {"name": "identity-cache", "size": "micro"},
        "jwt": {"algorithm": "RS256"},
        "secrets": ["openai_api_key", "anthropic_api_key"],
        "storage": {"provider": "s3", "bucket": "identity-files"},
        "auth": "neon",
        "pullSecret": "ghcr-pull-secret",
        "environments": {"dev": {}, "staging": {}, "prod": {"replicas": 4}},
    },
}


def document(**changes: Any) -> dict[str, Any]:
    """The identity service with fields of its `spec` replaced; None removes one."""
    made = copy.deepcopy(IDENTITY)
    for name, value in changes.items():
        if value is None:
            made["spec"].pop(name, None)
        else:
            made["spec"][name] = value
    return made


def identity(**changes: Any) -> ServiceSpec:
    """The identity service as a specification."""
    return from_mapping(document(**changes)) if changes else _IDENTITY


_IDENTITY = from_mapping(IDENTITY)


def bare() -> ServiceSpec:
    """A service that asks for a deployment only."""
    nothing = dict.fromkeys(("database", "cache", "jwt", "secrets", "storage", "auth", "pullSecret"))
    return from_mapping(document(**nothing))

"""What a service asks of the platform, read from `service.yaml` and written back to the tenants repository.

Reading finds every fault of every document before it gives up; a fault never repeats a value that
looks like a secret. The values are frozen; `for_environment` gives what holds in one environment.
"""

from portal.core.spec.document import to_document
from portal.core.spec.model import (
    DATABASE_LOGINS,
    LIMITED,
    OWNER,
    STORAGE_PROVIDERS,
    CacheSpec,
    DatabaseSpec,
    EffectiveSpec,
    JwtSpec,
    Overrides,
    ServiceSpec,
    StorageSpec,
)
from portal.core.spec.parse import from_mapping, parse_services
from portal.core.spec.questions import QUESTIONS, Question, described
from portal.core.spec.schema import json_schema
from portal.core.spec.text import to_text

__all__ = [
    "DATABASE_LOGINS",
    "LIMITED",
    "OWNER",
    "QUESTIONS",
    "STORAGE_PROVIDERS",
    "CacheSpec",
    "DatabaseSpec",
    "EffectiveSpec",
    "JwtSpec",
    "Overrides",
    "Question",
    "ServiceSpec",
    "StorageSpec",
    "described",
    "from_mapping",
    "json_schema",
    "parse_services",
    "to_document",
    "to_text",
]

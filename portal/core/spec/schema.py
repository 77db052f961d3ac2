"""The JSON Schema of `service.yaml`, made of the same rules that reading it follows.

Two of them have no form in JSON Schema and stay with the reader: a value that looks like a secret, and two
services of one name.
"""

import re
from collections.abc import Sequence
from typing import Any

from portal.core.names import (
    BUCKET,
    CLAIM,
    DATABASE,
    KEY,
    NAMESPACE,
    SECRET_OBJECT,
    SERVICE,
    TEAM,
    NameRule,
)
from portal.core.spec.limits import API_VERSION, ENVIRONMENT_WORDS, IMAGE, KIND, PORT, REPLICAS, STORAGE_GB
from portal.core.spec.model import (
    AUTH_PROVIDERS,
    CACHE_SIZES,
    DATABASE_LOGINS,
    DEFAULT_STORAGE_GB,
    JWT_ALGORITHMS,
    OWNER,
    STORAGE_PROVIDERS,
)

Schema = dict[str, Any]


def json_schema() -> Schema:
    """A JSON Schema (draft 2020-12) with the titles and descriptions an editor shows."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:zerotouch:portal:service:v1",
        "title": "Service",
        "description": "What a service asks of the platform: portal plan -f service.yaml shows what it gets.",
        **_object(
            {
                "apiVersion": {"const": API_VERSION},
                "kind": {"const": KIND},
                "metadata": _object(
                    {
                        "name": _name(SERVICE, "The service; its tenants are <name>/<environment>."),
                        "team": _name(TEAM, "Who owns it."),
                    },
                    required=("name", "team"),
                ),
                "spec": _spec(),
            },
            required=("apiVersion", "kind", "metadata", "spec"),
        ),
    }


def _spec() -> Schema:
    fields: Schema = {
        "namespace": _name(NAMESPACE, "Where its pods run."),
        "image": _image("The version to deploy: name:tag, name@sha256:… or both."),
        "port": _whole(PORT, "The port its container listens on."),
        "replicas": _whole(REPLICAS, "Pods in every environment that says nothing else.") | {"default": 1},
        "database": _database("A Neon database of its own in each environment.", login=True),
        "cache": _cache(),
        "jwt": _jwt(),
        "secrets": {
            "type": "array",
            "items": _name(KEY, "A key name; its upper case form is the environment variable."),
            "uniqueItems": True,
            "description": "Names of the API keys it needs. Values never stand in this file.",
        },
        "storage": _storage(),
        "auth": {"enum": list(AUTH_PROVIDERS), "description": "Neon Auth keeps users in its database."},
        "pullSecret": _name(SECRET_OBJECT, "The Secret its images are pulled with."),
        "environments": _environments(),
    }
    return _object(fields, required=("namespace", "image", "port")) | {
        "dependentRequired": {"auth": ["database"]},
        "allOf": [_only_with("database"), _only_with("storage")],
    }


def _database(description: str, *, login: bool = False) -> Schema:
    fields: Schema = {
        "pooled": {
            "type": "boolean",
            "default": True,
            "description": "DATABASE_URL goes through the pooler; DIRECT_URL never does.",
        },
        "name": _name(DATABASE, "Its name; <service>-<environment> unless said."),
    }
    if login:
        fields["login"] = {
            "enum": list(DATABASE_LOGINS),
            "default": OWNER,
            "description": "Whom pods log in as: the owner Neon made, or a limited role beside it.",
        }
    return _object(fields) | {"description": description}


def _cache() -> Schema:
    fields: Schema = {
        "name": _name(CLAIM, "The DragonflyInstance claim; <name>-conn is its Secret."),
        "size": {"enum": list(CACHE_SIZES), "default": "small"},
        "storageGB": _whole(STORAGE_GB, "Its volume in gigabytes.") | {"default": DEFAULT_STORAGE_GB},
    }
    return _object(fields, required=("name",)) | {"description": "A Dragonfly cache of its own."}


def _jwt() -> Schema:
    algorithm: Schema = {"enum": list(JWT_ALGORITHMS), "default": JWT_ALGORITHMS[0]}
    return _object({"algorithm": algorithm}) | {"description": "A signing key pair of its own."}


def _storage() -> Schema:
    fields: Schema = {
        "provider": {"enum": list(STORAGE_PROVIDERS)},
        "bucket": _name(BUCKET, "The bucket that holds its files."),
    }
    return _object(fields, required=("provider", "bucket")) | {"description": "A bucket for its files."}


def _environments() -> Schema:
    override: Schema = _object(
        {
            "replicas": _whole(REPLICAS, "Pods in this environment."),
            "image": _image("The version in this environment."),
            "database": _database("What is different about the database."),
            "storage": _object({"bucket": _name(BUCKET, "The bucket of this environment.")}),
        }
    )
    one: Schema = {"anyOf": [{"type": "null"}, override]}
    return _object(dict.fromkeys(ENVIRONMENT_WORDS, one)) | {
        "minProperties": 1,
        "not": {"required": ["prod", "production"]},
        "description": "Where it is to run, and what is different there; all of them unless said.",
    }


def _only_with(section: str) -> Schema:
    """An environment may change a section only of a service that has it."""
    silent = {"not": {"type": "object", "required": [section]}}
    return {
        "if": {"not": {"required": [section]}},
        "then": {"properties": {"environments": {"additionalProperties": silent}}},
    }


def _object(properties: Schema, required: Sequence[str] = ()) -> Schema:
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": list(required)} if required else {})


def _name(rule: NameRule, description: str) -> Schema:
    schema: Schema = {
        "type": "string",
        "title": rule.what,
        "description": f"{description} {rule.explanation}.",
        "minLength": rule.shortest,
        "maxLength": rule.longest,
        "pattern": _whole_text(rule.pattern),
    }
    refused: list[Schema] = [{"enum": sorted(rule.reserved)}] if rule.reserved else []
    refused += [{"pattern": f"^{prefix}"} for prefix in rule.reserved_prefixes]
    refused += [{"pattern": f"{suffix}$"} for suffix in rule.reserved_suffixes]
    return schema | ({"not": {"anyOf": refused}} if refused else {})


def _image(description: str) -> Schema:
    return {"type": "string", "description": description, "pattern": _whole_text(IMAGE)}


def _whole(bounds: tuple[int, int], description: str) -> Schema:
    return {"type": "integer", "minimum": bounds[0], "maximum": bounds[1], "description": description}


def _whole_text(pattern: re.Pattern[str]) -> str:
    return f"^(?:{pattern.pattern})$"

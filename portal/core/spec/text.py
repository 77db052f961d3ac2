"""`service.yaml` as a person keeps it: the document with a word on every part."""

from collections.abc import Iterator, Mapping
from typing import Any

from portal.core.spec.document import to_document
from portal.core.spec.model import ServiceSpec
from portal.core.yaml_text import scalar

_WORDS: Mapping[str, str] = {
    "namespace": "Where its pods run",
    "image": "The version to deploy",
    "port": "Where its container listens",
    "database": "A Neon database in each environment; DATABASE_URL, DIRECT_URL",
    "cache": "A Dragonfly cache; DRAGONFLY_HOST, DRAGONFLY_PORT, DRAGONFLY_PASSWORD",
    "jwt": "A signing key pair; JWT_PRIVATE_KEY, JWT_PUBLIC_KEY, JWT_KEY_ID",
    "secrets": "Names only; values are asked for when it is applied",
    "storage": "A bucket for its files",
    "auth": "Neon Auth keeps its users in the database",
    "pullSecret": "What its image is pulled with",
    "replicas": "Pods in every environment that says nothing else",
    "environments": "Where it is to run, and what is different there",
}


def to_text(spec: ServiceSpec, schema: str = "") -> str:
    """YAML that reads back equal; `schema` is where an editor finds the JSON Schema."""
    document = to_document(spec)
    lines = [f"# yaml-language-server: $schema={schema}"] if schema else []
    lines += [f"{key}: {_flow(document[key])}" for key in ("apiVersion", "kind", "metadata")]
    lines += ["spec:", *_body(document["spec"])]
    return "\n".join(lines) + "\n"


def _body(body: Mapping[str, Any]) -> Iterator[str]:
    for key, value in body.items():
        if word := _WORDS.get(key):
            yield f"  # {word}"
        yield f"  {key}: {_flow(value)}"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return scalar(value)

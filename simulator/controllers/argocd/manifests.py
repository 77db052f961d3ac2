"""Manifests: the Kubernetes objects of YAML text, and what is said of text that holds none."""

from collections.abc import Iterator

import yaml

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML was built without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]

from simulator.controllers.kinds import Object


class _Loader(SafeLoader):
    """YAML as Kubernetes reads it: a date is a string."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


class RenderFailed(Exception):
    """The source gives no manifests; text and gRPC code are what ArgoCD puts into a ComparisonError."""

    def __init__(self, message: str, code: str = "Unknown") -> None:
        super().__init__(message)
        self.code = code


def parse(text: str, name: str) -> list[Object]:
    """The objects of a YAML stream, Lists taken apart; raises RenderFailed for what is no object."""
    try:
        documents = list(yaml.load_all(text, Loader=_Loader))
    except yaml.YAMLError as exc:
        raise RenderFailed(f'Failed to unmarshal "{name}": {exc}', "FailedPrecondition") from exc
    return [obj for document in documents if document is not None for obj in _objects(document, name)]


def _objects(document: object, name: str) -> Iterator[Object]:
    if not isinstance(document, dict) or not document.get("kind") or not document.get("apiVersion"):
        text = f'Failed to unmarshal "{name}": not a Kubernetes object with apiVersion and kind'
        raise RenderFailed(text, "FailedPrecondition")
    if document["kind"] == "List":
        for item in document.get("items") or []:
            yield from _objects(item, name)
        return
    metadata = document.get("metadata")
    if not isinstance(metadata, dict) or not (metadata.get("name") or metadata.get("generateName")):
        text = f'Failed to unmarshal "{name}": {document["kind"]} without metadata.name'
        raise RenderFailed(text, "FailedPrecondition")
    yield document

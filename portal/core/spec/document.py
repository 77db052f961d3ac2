"""From a specification back to the document it is read from."""

from collections.abc import Mapping
from typing import Any

from portal.core.spec.limits import API_VERSION, KIND
from portal.core.spec.model import OWNER, Overrides, ServiceSpec


def to_document(spec: ServiceSpec) -> Mapping[str, Any]:
    """A plain document in file order; reading it again gives an equal specification."""
    body: dict[str, Any] = {
        "namespace": spec.namespace,
        "image": spec.image,
        "port": spec.port,
        "replicas": spec.replicas,
    }
    if spec.database:
        login = "" if spec.database.login == OWNER else spec.database.login
        said = {"pooled": spec.database.pooled, "name": spec.database.name, "login": login}
        body["database"] = _without_empty(said)
    if spec.cache:
        cache = spec.cache
        body["cache"] = {"name": cache.name, "size": cache.size, "storageGB": cache.storage_gb}
    if spec.jwt:
        body["jwt"] = {"algorithm": spec.jwt.algorithm}
    if spec.secrets:
        body["secrets"] = list(spec.secrets)
    if spec.storage:
        body["storage"] = {"provider": spec.storage.provider, "bucket": spec.storage.bucket}
    if spec.auth:
        body["auth"] = spec.auth
    if spec.pull_secret:
        body["pullSecret"] = spec.pull_secret
    body["environments"] = {name: _overrides(said) for name, said in spec.environments.items()}
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": spec.name, "team": spec.team},
        "spec": body,
    }


def _overrides(said: Overrides) -> dict[str, Any]:
    return _without_empty(
        {
            "replicas": said.replicas,
            "image": said.image,
            "database": _without_empty({"pooled": said.pooled, "name": said.database}),
            "storage": _without_empty({"bucket": said.bucket}),
        }
    )


def _without_empty(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value not in (None, "", {})}

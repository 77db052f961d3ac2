"""The files of one tenant, from the template of `manifests/tenant`: same input, same text."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from string import Template

from portal.core.names import (
    connection_secret,
    environment_variable,
    jwt_overlap_secret,
    overlay_of,
    tenant_folder,
)
from portal.core.required import service_secret_keys
from portal.core.spec import EffectiveSpec, ServiceSpec, to_document
from portal.core.yaml_text import emit

_LIST = re.compile(r"^(?P<head>(?P<indent> *)\S.*:)\$\{(?P<name>[a-z_]+_list)\}$")
# The overlay's kustomize replacement puts the environment into this segment.
_ENVIRONMENT_SEGMENT = "ENVIRONMENT"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the manifests need to know of the installation: the repository as ArgoCD reaches it, the
    API versions served, the prefix of all parameters; `jwt_overlap` while two keys are accepted.
    """

    repo_url: str
    revision: str = "main"
    cache_api_version: str = "cache.bizmatters.io/v1alpha1"
    external_secrets_api_version: str = "external-secrets.io/v1"
    parameter_prefix: str = "/zerotouch"
    jwt_overlap: bool = False


def render(
    spec: ServiceSpec, environment: str, templates: Mapping[str, str], around: Surroundings
) -> Mapping[str, str]:
    """Path in the repository → text: the service's specification and base, and the overlay of this one
    environment. `templates` is keyed by path below `manifests/tenant`.
    """
    effective = spec.for_environment(environment)
    folder = tenant_folder(spec.name)
    base = _base_files(effective)
    overlap = around.jwt_overlap and effective.jwt is not None
    overlay = _overlay_files(effective, overlap=overlap)
    words = _words(effective, around)
    lists = {
        "base_resources_list": [path for path in base.values() if path != "kustomization.yaml"],
        "overlay_resources_list": ["../../base", *(name for name in overlay if name in _OVERLAY_RESOURCES)],
        "secret_keys_list": [_secret_key(effective, key, around) for key in service_secret_keys(effective)],
        "env_from_list": [f"secretRef:\n  name: {name}" for name in _secrets_of(effective, overlap=overlap)],
        "image_pull_secrets_list": [f"name: {effective.pull_secret}"] if effective.pull_secret else [],
        "env_list": [f"name: {name}\nvalue: {value}" for name, value in _variables(effective)],
    }
    overlay_folder = overlay_of(effective.environment)
    wanted = {
        "00-namespace.yaml": "00-namespace.yaml",
        **{f"base/{source}": f"base/{target}" for source, target in base.items()},
        **{f"overlay/{name}": f"overlays/{overlay_folder}/{name}" for name in overlay},
    }
    files = {f"{folder}/service.yaml": emit(to_document(spec))}
    for source, target in wanted.items():
        files[f"{folder}/{target}"] = fill(templates[source], words, lists)
    return dict(sorted(files.items()))


_OVERLAP = "jwt-overlap.yaml"
_OVERLAY_RESOURCES = ("deployment.yaml", "migration-job.yaml", _OVERLAP)


def overlap_file(service: str, environment: str) -> str:
    """The file that stands in a tenant's overlay while pods are given two JWT keys."""
    return f"{tenant_folder(service)}/overlays/{overlay_of(environment)}/{_OVERLAP}"


def fill(text: str, words: Mapping[str, str], lists: Mapping[str, Iterable[str]]) -> str:
    """The template with lists laid out and placeholders replaced; raises KeyError for an unknown one."""
    template, places = _prepared(text)
    laid = {place: _laid_out(indent, lists[name]) for place, (name, indent) in places.items()}
    return template.substitute(words, **laid)


# The few templates there are fill every tenant.
@lru_cache(maxsize=64)
def _prepared(text: str) -> tuple[Template, Mapping[str, tuple[str, str]]]:
    """The template with a placeholder in place of each list, and what stands there: its name and indent."""
    lines: list[str] = []
    places: dict[str, tuple[str, str]] = {}
    for line in text.splitlines():
        found = _LIST.match(line)
        if found is None:
            lines.append(line)
            continue
        place = f"list_{len(places)}"
        places[place] = (found["name"], found["indent"])
        lines.append(f"{found['head']}${{{place}}}")
    return Template("\n".join(lines) + "\n"), places


def _laid_out(indent: str, items: Iterable[str]) -> str:
    """One item per line below the key, two columns deeper; further lines of an item two deeper still."""
    laid = "".join(f"\n{indent}  - " + item.replace("\n", f"\n{indent}    ") for item in items)
    return laid or " []"


def _base_files(spec: EffectiveSpec) -> dict[str, str]:
    """Template below base/ → path below the tenant's base/."""
    files = {"kustomization.yaml": "kustomization.yaml", "service.yaml": "service.yaml"}
    if spec.cache:
        files["claims/dragonfly-claim.yaml"] = "claims/dragonfly-claim.yaml"
    if spec.database:
        files["external-secrets/db.yaml"] = f"external-secrets/{spec.service}-db-es.yaml"
    if spec.jwt:
        files["external-secrets/jwt.yaml"] = f"external-secrets/{spec.service}-jwt-es.yaml"
    if service_secret_keys(spec):
        files["external-secrets/secrets.yaml"] = f"external-secrets/{spec.service}-secrets-es.yaml"
    if spec.pull_secret:
        files["external-secrets/pull-secret.yaml"] = f"external-secrets/{spec.pull_secret}-es.yaml"
    return files


def _overlay_files(spec: EffectiveSpec, *, overlap: bool) -> tuple[str, ...]:
    return (
        *("config.yaml", "kustomization.yaml", "deployment.yaml"),
        *(("migration-job.yaml",) if spec.database else ()),
        *((_OVERLAP,) if overlap else ()),
    )


def _secrets_of(spec: EffectiveSpec, *, overlap: bool) -> tuple[str, ...]:
    """Secrets the container takes its environment from."""
    return (
        *((f"{spec.service}-db",) if spec.database else ()),
        *((f"{spec.service}-jwt",) if spec.jwt else ()),
        *((jwt_overlap_secret(spec.service),) if overlap else ()),
        *((f"{spec.service}-secrets",) if service_secret_keys(spec) else ()),
        *((connection_secret(spec.cache.name),) if spec.cache else ()),
    )


def _secret_key(spec: EffectiveSpec, key: str, around: Surroundings) -> str:
    path = f"{around.parameter_prefix}/{_ENVIRONMENT_SEGMENT}/{spec.service}/{key}"
    return f"secretKey: {environment_variable(key)}\nremoteRef:\n  key: {path}"


def _variables(spec: EffectiveSpec) -> tuple[tuple[str, str], ...]:
    """Variables that are no secret, values quoted as texts."""
    storage = spec.storage
    return (
        ("SERVICE_NAME", f'"{spec.service}"'),
        ("ENVIRONMENT", f'"{spec.environment}"'),
        ("PORT", f'"{spec.port}"'),
        *((("STORAGE_PROVIDER", f'"{storage.provider}"'),) if storage else ()),
        *((("STORAGE_BUCKET", f'"{storage.bucket}"'),) if storage else ()),
    )


def _words(spec: EffectiveSpec, around: Surroundings) -> dict[str, str]:
    cache = spec.cache
    return {
        "service": spec.service,
        "team": spec.team,
        "namespace": spec.namespace,
        "image": spec.image,
        "port": str(spec.port),
        "replicas": str(spec.replicas),
        "environment": spec.environment,
        "overlay": overlay_of(spec.environment),
        "repo_url": around.repo_url,
        "revision": around.revision,
        "cache_name": cache.name if cache else "",
        "cache_size": cache.size if cache else "",
        "cache_storage_gb": str(cache.storage_gb) if cache else "",
        "cache_api_version": around.cache_api_version,
        "external_secrets_api_version": around.external_secrets_api_version,
        "pull_secret": spec.pull_secret,
    }

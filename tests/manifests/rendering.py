"""The tenant template filled in as its README says, independently of the portal's own renderer."""

import re
from pathlib import Path
from string import Template
from typing import Any

MANIFESTS = Path(__file__).resolve().parents[2] / "manifests"
TENANT = MANIFESTS / "tenant"
OVERLAYS = {"dev": "dev", "staging": "staging", "prod": "production"}
_LIST = re.compile(r"^( *)([^\n]*:)\$\{(\w+_list)\}$", re.MULTILINE)


def fill(text: str, values: dict[str, str], lists: dict[str, list[str]]) -> str:
    """Placeholders and lists replaced; raises KeyError for one without a value."""

    def listed(match: re.Match[str]) -> str:
        indent, key, name = match.groups()
        items = [f"\n{indent}  - " + item.replace("\n", f"\n{indent}    ") for item in lists[name]]
        return indent + key + ("".join(items) or " []")

    return Template(_LIST.sub(listed, text)).substitute(values)


def tenant_files(service: dict[str, Any], repo_url: str) -> dict[str, str]:
    """Every file of one service.yaml document, by its path below the tenants repository."""
    name, spec = service["metadata"]["name"], service["spec"]
    keys = [
        *spec.get("secrets", []),
        *(["neon_auth_url"] if spec.get("auth") == "neon" else []),
        *(["storage_access_key_id", "storage_secret_access_key"] if spec.get("storage") else []),
    ]
    values = {
        "service": name,
        "team": service["metadata"]["team"],
        "namespace": spec["namespace"],
        "image": spec["image"],
        "port": str(spec["port"]),
        "repo_url": repo_url,
        "revision": "main",
        "cache_name": spec.get("cache", {}).get("name", ""),
        "cache_size": spec.get("cache", {}).get("size", ""),
        "cache_storage_gb": str(spec.get("cache", {}).get("storageGB", 10)),
        "cache_api_version": "cache.bizmatters.io/v1alpha1",
        "external_secrets_api_version": "external-secrets.io/v1",
        "pull_secret": spec.get("pullSecret", ""),
    }
    base = _base_files(name, spec, keys)
    secrets = [
        *([f"{name}-db"] if spec.get("database") else []),
        *([f"{name}-jwt"] if spec.get("jwt") else []),
        *([f"{name}-secrets"] if keys else []),
        *([f"{values['cache_name']}-conn"] if spec.get("cache") else []),
    ]
    lists = {
        "base_resources_list": [path.removeprefix("base/") for path in base.values()],
        "secret_keys_list": [
            f"secretKey: {key.upper()}\nremoteRef:\n  key: /zerotouch/ENVIRONMENT/{name}/{key}"
            for key in keys
        ],
        "env_from_list": [f"secretRef:\n  name: {secret}" for secret in secrets],
        "image_pull_secrets_list": [f"name: {spec['pullSecret']}"] if spec.get("pullSecret") else [],
    }
    rendered = {
        "00-namespace.yaml": "00-namespace.yaml",
        "base/kustomization.yaml": "base/kustomization.yaml",
    }
    files = {
        target: fill((TENANT / source).read_text(), values, lists)
        for source, target in {**rendered, **base}.items()
    }
    for environment in spec["environments"]:
        files |= _overlay(environment, service, values, lists)
    return {f"tenants/{name}/{path}": text for path, text in files.items()}


def _base_files(name: str, spec: dict[str, Any], keys: list[str]) -> dict[str, str]:
    """What of the template's base the service needs, and where it goes."""
    return {
        "base/service.yaml": "base/service.yaml",
        **_when(spec.get("cache"), "base/claims/dragonfly-claim.yaml", "base/claims/dragonfly-claim.yaml"),
        **_when(
            spec.get("database"), "base/external-secrets/db.yaml", f"base/external-secrets/{name}-db-es.yaml"
        ),
        **_when(
            spec.get("jwt"), "base/external-secrets/jwt.yaml", f"base/external-secrets/{name}-jwt-es.yaml"
        ),
        **_when(keys, "base/external-secrets/secrets.yaml", f"base/external-secrets/{name}-secrets-es.yaml"),
        **_when(
            spec.get("pullSecret"),
            "base/external-secrets/pull-secret.yaml",
            f"base/external-secrets/{spec.get('pullSecret')}-es.yaml",
        ),
    }


def _when(wanted: object, source: str, target: str) -> dict[str, str]:
    return {source: target} if wanted else {}


def _overlay(
    environment: str, service: dict[str, Any], values: dict[str, str], lists: dict[str, list[str]]
) -> dict[str, str]:
    spec = service["spec"]
    overlay = OVERLAYS[environment]
    migration = ["migration-job.yaml"] if spec.get("database") else []
    own = spec["environments"][environment] or {}
    values = values | {
        "environment": environment,
        "overlay": overlay,
        "replicas": str(own.get("replicas", spec.get("replicas", 1))),
    }
    variables = {
        "SERVICE_NAME": service["metadata"]["name"],
        "ENVIRONMENT": environment,
        "PORT": f'"{spec["port"]}"',
    }
    lists = lists | {
        "overlay_resources_list": ["../../base", "deployment.yaml", *migration],
        "env_list": [f"name: {name}\nvalue: {value}" for name, value in variables.items()],
    }
    names = ["config.yaml", "kustomization.yaml", "deployment.yaml", *migration]
    return {
        f"overlays/{overlay}/{name}": fill((TENANT / "overlay" / name).read_text(), values, lists)
        for name in names
    }

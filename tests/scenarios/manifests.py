"""The manifests scenarios are made of."""

from typing import Any

import yaml

from tests.scenarios.model import Manifest

IMAGE = "ghcr.io/bizmatters/app:1"
ESO = "external-secrets.io/v1"


def text(*objects: Manifest) -> str:
    """As a YAML stream."""
    return yaml.safe_dump_all([dict(each) for each in objects], sort_keys=False)


def named(kind: str, api: str, name: str, **rest: Any) -> dict[str, Any]:
    annotations = rest.pop("annotations", None)
    metadata = {
        "name": name,
        **({"annotations": annotations} if annotations else {}),
        **rest.pop("metadata", {}),
    }
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


def config_map(name: str, wave: str = "", **data: str) -> dict[str, Any]:
    return named("ConfigMap", "v1", name, annotations=waved(wave), data=data or {"a": "1"})


def secret(name: str, **data: str) -> dict[str, Any]:
    return named("Secret", "v1", name, stringData=data)


def waved(wave: str) -> dict[str, str]:
    return {"argocd.argoproj.io/sync-wave": wave} if wave else {}


def pod_spec(image: str = IMAGE, **rest: Any) -> dict[str, Any]:
    container = {"name": "app", "image": image, **rest.pop("container", {})}
    return {"containers": [container], **rest}


def deployment(name: str = "web", wave: str = "", **rest: Any) -> dict[str, Any]:
    """`spec` holds fields of the Deployment, everything else is for its pods."""
    labels = {"app": name}
    spec = rest.pop("spec", {})
    template = {"metadata": {"labels": labels}, "spec": pod_spec(**rest)}
    body = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template, **spec}
    return named("Deployment", "apps/v1", name, annotations=waved(wave), spec=body)


def job(name: str, **rest: Any) -> dict[str, Any]:
    annotations, spec = rest.pop("annotations", None), rest.pop("spec", {})
    template = {"spec": {"restartPolicy": "Never", **pod_spec(**rest)}}
    return named("Job", "batch/v1", name, annotations=annotations, spec={"template": template, **spec})


def env_from(name: str, kind: str = "secretRef") -> dict[str, Any]:
    return {"container": {"envFrom": [{kind: {"name": name}}]}}


def external_secret(name: str = "db", wave: str = "", **spec: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "refreshInterval": "1h",
        "secretStoreRef": {"kind": "ClusterSecretStore", "name": "aws-parameter-store"},
        "target": {"name": name},
    }
    if "data" not in spec and "dataFrom" not in spec:
        usual["data"] = [data("DATABASE_URL", "/zerotouch/${ns}/database_url")]
    return named("ExternalSecret", ESO, name, annotations=waved(wave), spec={**usual, **spec})


def data(secret_key: str, key: str, **reference: str) -> dict[str, Any]:
    return {"secretKey": secret_key, "remoteRef": {"key": key, **reference}}


def claim(**spec: Any) -> dict[str, Any]:
    body = {"size": "micro", "storageGB": 10, **spec}
    return named("DragonflyInstance", "cache.bizmatters.io/v1alpha1", "${ns}-cache", spec=body)


def application(name: str = "${ns}", path: str = "${ns}", **spec: Any) -> dict[str, Any]:
    """Synced by itself, once, unless told otherwise by its syncPolicy."""
    source = {"repoURL": "${repository}", "targetRevision": "main", "path": path, **spec.pop("source", {})}
    policy = {"automated": {"prune": True}, "retry": {"limit": 0}}
    body = {
        "project": "default",
        "source": source,
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "${ns}"},
        "syncPolicy": policy,
        **spec,
    }
    metadata = {"namespace": "argocd"}
    return named("Application", "argoproj.io/v1alpha1", name, metadata=metadata, spec=body)


def project(namespace: str = "*", **spec: Any) -> dict[str, Any]:
    """A project whose Applications may deploy from anywhere into one namespace."""
    body = {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": namespace}], **spec}
    metadata = {"namespace": "argocd"}
    return named("AppProject", "argoproj.io/v1alpha1", "${ns}", metadata=metadata, spec=body)


def application_set(revision: str = "main") -> dict[str, Any]:
    template = application("{{tenant}}", "{{appPath}}", source={"targetRevision": "{{targetRevision}}"})
    files = [{"path": "${ns}/*/config.yaml"}]
    generator = {"git": {"repoURL": "${repository}", "revision": revision, "files": files}}
    del template["apiVersion"], template["kind"], template["metadata"]["namespace"]
    spec = {"generators": [generator], "template": template}
    metadata = {"namespace": "argocd"}
    return named("ApplicationSet", "argoproj.io/v1alpha1", "${ns}", metadata=metadata, spec=spec)


def tenant_config(name: str, path: str) -> str:
    return yaml.safe_dump({"tenant": name, "appPath": path, "targetRevision": "main"})


def kustomization(**parts: Any) -> str:
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return yaml.safe_dump({**head, **parts}, sort_keys=False)

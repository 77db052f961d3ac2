"""A tenant in perfect health, built from raw Kubernetes JSON, for tests that then break one thing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from portal.core.assess.needs import needs_of
from portal.core.facets import Absent, Facet, Present, Source, TenantKey
from portal.core.neon import NeonAuth, NeonBranch, NeonDatabase, NeonEndpoint, NeonRole
from portal.core.objects.argo import Application, ApplicationSet
from portal.core.objects.crossplane import Composite
from portal.core.objects.external import ExternalSecret, Store
from portal.core.objects.plain import Event, SecretMeta
from portal.core.objects.pod import Pod
from portal.core.objects.workload import Workload
from portal.core.observed import KeySet, Moment, Place, TenantObservation
from portal.core.parameters import ParameterMeta
from portal.core.repository import TenantFolder
from portal.core.spec import from_mapping

TENANT = TenantKey("identity-service", "dev")
NAMESPACE = "platform-identity"
SPEC: Mapping[str, Any] = {
    "apiVersion": "portal.zerotouch.dev/v1",
    "kind": "Service",
    "metadata": {"name": "identity-service", "team": "platform"},
    "spec": {
        "namespace": NAMESPACE,
        "image": "ghcr.io/bizmatters/identity-service:1.4.2",
        "port": 3000,
        "replicas": 2,
        "database": {"pooled": True},
        "cache": {"name": "identity-cache", "size": "micro"},
        "jwt": {"algorithm": "RS256"},
        "secrets": ["openai_api_key"],
        "storage": {"provider": "s3", "bucket": "identity-files"},
        "auth": "neon",
        "pullSecret": "ghcr-pull-secret",
        "environments": {"dev": {}},
    },
}
NEEDS = needs_of(from_mapping(SPEC).for_environment("dev"), "/zerotouch")
# Noon; the tenant was made in the half hour before, its pods started ten minutes ago.
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOW = Moment(monotonic=1000.0, wall=NOON)
HALF_PAST = NOON.replace(hour=11, minute=30)
SEEN = 995.0


def stamp(hour: int, minute: int, second: int = 0) -> str:
    """A time of that day as Kubernetes writes it."""
    return f"2026-11-23T{hour:02}:{minute:02}:{second:02}Z"


def there(value: Any, source: Source = Source.KUBERNETES) -> Present[Any]:
    return Present(value, source, SEEN)


def gone(source: Source = Source.KUBERNETES, reason: str = "") -> Absent:
    return Absent(source, SEEN, reason)


def meta(name: str, namespace: str = NAMESPACE, **more: object) -> dict[str, object]:
    return {"name": name, "namespace": namespace, "uid": f"uid-{name}", "generation": 1, **more}


def ready(status: str = "True", reason: str = "", message: str = "", kind: str = "Ready") -> dict[str, str]:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def external_secret_json(
    name: str, condition: dict[str, str] | None = None, **status: object
) -> dict[str, Any]:
    keys = NEEDS.secrets[name]
    return {
        "kind": "ExternalSecret",
        "metadata": meta(name, creationTimestamp=stamp(11, 40)),
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": {"kind": "ClusterSecretStore", "name": "aws-parameter-store"},
            "target": {"name": name},
            "data": [
                {"secretKey": key.rpartition("/")[2].upper(), "remoteRef": {"key": key}} for key in keys
            ],
        },
        "status": {
            "refreshTime": stamp(11, 41),
            "conditions": [condition or ready(reason="SecretSynced", message="secret synced")],
            **status,
        },
    }


def secret_json(name: str, changed: str = stamp(11, 41)) -> dict[str, Any]:
    fields: dict[str, object] = {"f:data": {}, "f:metadata": {}}
    managed = [
        {"manager": "external-secrets", "time": changed, "fieldsV1": fields},
        {"manager": "labeller", "time": stamp(11, 59), "fieldsV1": {"f:metadata": {}}},
    ]
    return {"metadata": meta(name, managedFields=managed)}


def composite_json(kind: str, name: str, *conditions: dict[str, str], **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": more.get("api", "cache.bizmatters.io/v1alpha1"),
        "kind": kind,
        "metadata": meta(name, more.get("namespace", ""), creationTimestamp=stamp(11, 40)),
        "spec": more.get("spec", {}),
        "status": {"conditions": list(conditions) or [ready(kind="Synced"), ready(reason="Available")]},
    }


def claim_json(*conditions: dict[str, str]) -> dict[str, Any]:
    reference = {"apiVersion": "cache.bizmatters.io/v1alpha1", "kind": "XDragonflyInstance", "name": "x7"}
    return composite_json(
        "DragonflyInstance",
        "identity-cache",
        *conditions,
        namespace=NAMESPACE,
        spec={"resourceRef": reference},
    )


def application_json(**status: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "sync": {"status": "Synced", "revision": "0123456789abcdef"},
        "health": {"status": "Healthy"},
        "operationState": {"phase": "Succeeded", "startedAt": stamp(11, 40), "finishedAt": stamp(11, 49)},
        "resources": [{"kind": "Deployment", "name": "identity-service", "status": "Synced"}],
        "reconciledAt": stamp(11, 59),
    }
    return {
        "kind": "Application",
        "metadata": meta("identity-service", "argocd", labels={"tenant": "identity-service"}),
        "spec": {
            "source": {"path": "tenants/identity-service/overlays/dev"},
            "destination": {"namespace": NAMESPACE},
            "syncPolicy": {"automated": {"prune": True}},
        },
        "status": {**told, **status},
    }


def generator_json(**more: Any) -> dict[str, Any]:
    pattern = more.get("pattern", "tenants/*/overlays/dev/config.yaml")
    return {
        "kind": "ApplicationSet",
        "metadata": meta("tenant-applications", "argocd"),
        "spec": {"generators": [{"git": {"files": [{"path": pattern}]}}]},
        "status": {"conditions": more.get("conditions", [ready(kind="ResourcesUpToDate")])},
    }


def deployment_json(**more: Any) -> dict[str, Any]:
    counts = {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2}
    uses = [{"secretRef": {"name": name}} for name in more.get("uses", ["identity-service-db"])]
    return {
        "kind": "Deployment",
        "metadata": meta("identity-service"),
        "spec": {
            "replicas": more.get("replicas", 2),
            "template": {"spec": {"containers": [{"name": "identity-service", "envFrom": uses}]}},
        },
        "status": {
            "observedGeneration": 1,
            **counts,
            **more.get("status", {}),
            "conditions": more.get("conditions", []),
        },
    }


def replica_set_json(name: str = "identity-service-1", revision: str = "1", **status: Any) -> dict[str, Any]:
    owner = {"kind": "Deployment", "name": "identity-service", "uid": "uid-identity-service"}
    annotations = {"deployment.kubernetes.io/revision": revision}
    return {
        "kind": "ReplicaSet",
        "metadata": meta(name, ownerReferences=[owner], annotations=annotations),
        "spec": {"replicas": 2},
        "status": {"observedGeneration": 1, "replicas": 2, "availableReplicas": 2, **status},
    }


def pod_json(name: str = "identity-service-1-a", **more: Any) -> dict[str, Any]:
    owned = more.get("owner", "identity-service-1")
    owner = {"kind": "ReplicaSet", "name": owned, "uid": f"uid-{owned}"}
    started = more.get("started", stamp(11, 50))
    state = more.get("state", {"running": {"startedAt": started}})
    is_ready = more.get("ready", "True")
    container = {
        "name": "identity-service",
        "image": "ghcr.io/bizmatters/identity-service:1.4.2",
        "ready": is_ready == "True",
        "restartCount": more.get("restarts", 0),
        "state": state,
        "lastState": more.get("last", {}),
    }
    return {
        "kind": "Pod",
        "metadata": meta(name, ownerReferences=[owner], creationTimestamp=started),
        "spec": {"nodeName": "node"},
        "status": {
            "phase": more.get("phase", "Running"),
            "startTime": started,
            "message": more.get("message", ""),
            "conditions": [ready(is_ready), *more.get("conditions", [])],
            "containerStatuses": [container],
        },
    }


def event_json(kind: str, name: str, reason: str, message: str) -> dict[str, Any]:
    about = {"kind": kind, "name": name}
    return {
        "metadata": meta(f"{name}.1"),
        "involvedObject": about,
        "reason": reason,
        "message": message,
        "lastTimestamp": stamp(11, 58),
    }


def external_secret(*args: Any, **more: Any) -> ExternalSecret:
    return ExternalSecret.of(external_secret_json(*args, **more))


def secret(*args: Any, **more: Any) -> SecretMeta:
    return SecretMeta.of(secret_json(*args, **more))


def composite(*args: Any, **more: Any) -> Composite:
    return Composite.of(composite_json(*args, **more))


def application(*args: Any, **more: Any) -> Application:
    return Application.of(application_json(*args, **more))


def generator(*args: Any, **more: Any) -> ApplicationSet:
    return ApplicationSet.of(generator_json(*args, **more))


def deployment(*args: Any, **more: Any) -> Workload:
    return Workload.of(deployment_json(*args, **more))


def replica_set(*args: Any, **more: Any) -> Workload:
    return Workload.of(replica_set_json(*args, **more))


def pod(*args: Any, **more: Any) -> Pod:
    return Pod.of(pod_json(*args, **more))


def event(*args: Any, **more: Any) -> Event:
    return Event.of(event_json(*args, **more))


def claim(*conditions: dict[str, str]) -> Composite:
    return Composite.of(claim_json(*conditions))


def parameters(*without: str, modified: datetime = HALF_PAST) -> Mapping[str, ParameterMeta]:
    held = [name for name in NEEDS.parameters if name.rpartition("/")[2] not in without]
    return {name: ParameterMeta(name, 1, "SecureString", modified.timestamp()) for name in held}


def folder(**more: Any) -> TenantFolder:
    config = {"tenant": "identity-service", "environment": "dev", "namespace": NAMESPACE}
    overlays: Mapping[str, Mapping[str, Any] | None] = more.get("overlays", {"dev": config})
    return TenantFolder("identity-service", SPEC, overlays, (), more.get("faults", ()))


def endpoint(**more: Any) -> NeonEndpoint:
    made = "2026-11-23T11:20:00Z"
    told = {"state": "active", "disabled": False, "type": "read_write", "created": made, **more}
    return NeonEndpoint(
        "ep-1",
        "p-dev",
        "br-1",
        "ep-1.neon.localhost",
        told["type"],
        told["state"],
        told["disabled"],
        created_at=told["created"],
    )


def healthy() -> TenantObservation:
    """Every facet present and well; the cache's chain is three links deep."""
    reference = {"apiVersion": "kubernetes.crossplane.io/v1alpha2", "kind": "Object", "name": "x7-conn"}
    xr = composite("XDragonflyInstance", "x7", spec={"resourceRefs": [reference]})
    made = composite("Object", "x7-conn", api="kubernetes.crossplane.io/v1alpha2")
    held = [*NEEDS.secrets, "identity-cache-conn"]
    auth = KeySet(NeonAuth("br-1", "neon", "http://127.0.0.1/jwks.json"), keys=1)
    database = NeonDatabase("identity-service-dev", "br-1", "identity-service-dev")
    store: Facet[Store] = there(
        Store.of(
            {
                "metadata": {"name": "aws-parameter-store"},
                "status": {"conditions": [ready(reason="Valid", message="store validated")]},
            }
        )
    )
    return TenantObservation(
        folder=there(folder(), Source.GIT),
        needs=NEEDS,
        committed_at=NOON.replace(hour=11, minute=35).timestamp(),
        place=Place(project="p-dev", overlay="dev"),
        branch=there(NeonBranch("br-1", "p-dev", "main", "ready", default=True), Source.NEON),
        endpoints=there((endpoint(),), Source.NEON),
        operations=there((), Source.NEON),
        roles=there((NeonRole("identity-service-dev", "br-1"),), Source.NEON),
        databases=there((database,), Source.NEON),
        parameters=there(parameters(), Source.SSM),
        store=store,
        external_secrets=there(tuple(external_secret(name) for name in NEEDS.secrets)),
        secrets=there(tuple(secret(name) for name in held)),
        claims=there((claim(),)),
        composites=there((xr, made)),
        application=there(application()),
        generators=there((generator(),)),
        deployments=there((deployment(),)),
        replica_sets=there((replica_set(),)),
        stateful_sets=there(()),
        jobs=there(()),
        pods=there((pod(), pod("identity-service-1-b"))),
        events=there(()),
        services=there(()),
        volumes=there(()),
        auth=there(auth, Source.AUTH),
        bucket=there(True, Source.STORAGE),
    )

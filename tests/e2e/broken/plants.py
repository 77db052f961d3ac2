"""The causes that are planted: what is done, at which hop it must be found, and what the fix comes to."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from tests.e2e.broken.hands import Hands

Undo: TypeAlias = Callable[[Hands], object]
MENDED = ""
BASE, OVERLAY = "base/kustomization.yaml", "overlays/dev/deployment.yaml"


@dataclass(frozen=True, slots=True)
class Plant:
    """`words` stand in the cause; `evidence` in what the fix prints, empty where the fix mends it."""

    name: str
    hop: str
    words: str
    plant: Callable[[Hands], Undo | None]
    evidence: str = MENDED
    sample: bool = False


def _parameter(key: str, hands: Hands) -> None:
    hands.forget_parameter(hands.parameter(key))


def _shared(key: str, hands: Hands) -> None:
    hands.forget_parameter(f"/zerotouch/dev/platform/ghcr/{key}")


def _rotated(key: str, secret: str, more: str, hands: Hands) -> None:
    """A new value that works as the old one did, and External Secrets fetches it."""
    name = hands.parameter(key)
    hands.write_parameter(name, hands.read_parameter(name) + more)
    hands.sync_secret(f"{hands.name}-{secret}")


def _database(hands: Hands) -> None:
    hands.neon("DELETE", f"{hands.branch}/databases/{hands.name}-dev")


def _owner(hands: Hands) -> Undo:
    hands.neon("POST", f"{hands.branch}/roles", {"role": {"name": "somebody"}})
    path, role = f"{hands.branch}/databases/{hands.name}-dev", f"{hands.name}-dev"
    hands.neon("PATCH", path, {"database": {"owner_name": "somebody"}})

    def undo(again: Hands) -> None:
        again.neon("PATCH", path, {"database": {"owner_name": role}})
        again.neon("DELETE", f"{again.branch}/roles/somebody")

    return undo


def _role(hands: Hands) -> Undo:
    """The role goes, and its database with it; made anew they have another password."""
    database, roles = f"{hands.branch}/databases", f"{hands.branch}/roles"
    hands.neon("DELETE", f"{database}/{hands.name}-dev")
    hands.neon("DELETE", f"{roles}/{hands.name}-dev")

    def undo(again: Hands) -> None:
        made = again.neon("POST", roles, {"role": {"name": f"{again.name}-dev"}})["role"]
        again.neon("POST", database, {"database": {"name": f"{again.name}-dev", "owner_name": made["name"]}})
        for key in KEYS[:2]:
            head, _, rest = again.read_parameter(again.parameter(key)).partition("@")
            login = head.rpartition(":")[0]
            again.write_parameter(again.parameter(key), f"{login}:{made['password']}@{rest}")
        again.sync_secret(f"{again.name}-db")
        again.restart()

    return undo


def _no_auth(hands: Hands) -> None:
    hands.neon("DELETE", f"{hands.branch}/auth")


def _no_compute(hands: Hands) -> Undo:
    hands.neon("DELETE", hands.endpoint)
    return lambda again: again.live.portal("rotate", f"{again.name}/dev", "database", "--yes")


def _other_compute(hands: Hands) -> None:
    branch = hands.branch.rpartition("/")[2]
    hands.neon("DELETE", hands.endpoint)
    hands.neon("POST", "/endpoints", {"endpoint": {"branch_id": branch, "type": "read_write"}})


def _disabled(hands: Hands) -> None:
    hands.neon("PATCH", hands.endpoint, {"endpoint": {"disabled": True}})


def _no_bucket(hands: Hands) -> None:
    with hands.aws("s3") as client:
        client.delete_bucket(Bucket=f"{hands.name}-files")


def _edited(path: str, text: str | None, hands: Hands) -> Undo:
    hands.read(path)
    hands.edit(path, text)
    return lambda again: again.put_back(path)


def _changed(path: str, change: Callable[[Any], object], hands: Hands) -> Undo:
    hands.change(path, change)
    return lambda again: again.put_back(path)


def _without(resource: str, hands: Hands) -> Undo:
    """The base names a resource no more."""
    return _changed(BASE, lambda found: found["resources"].remove(resource), hands)


def _container(document: Any) -> Any:
    return document["spec"]["template"]["spec"]["containers"][0]


def _external(suffix: str) -> str:
    return f"base/external-secrets/shop-{suffix}-es.yaml"


def _no_store(hands: Hands) -> Undo:
    held = hands.get("clustersecretstore", "aws-parameter-store")
    hands.kubectl("delete", "clustersecretstore", "aws-parameter-store")
    return lambda again: again.put(held)


def _blind_store(hands: Hands) -> Undo:
    held = hands.get("clustersecretstore", "aws-parameter-store")
    patch = (
        '[{"op":"replace","path":"/spec/provider/aws/auth/secretRef/accessKeyIDSecretRef/name","value":"x"}]'
    )
    hands.kubectl("patch", "clustersecretstore", "aws-parameter-store", "--type", "json", "-p", patch)

    def undo(again: Hands) -> None:
        again.kubectl("delete", "clustersecretstore", "aws-parameter-store")
        again.put(held)

    return undo


def _denied(hands: Hands) -> Undo:
    rule = {
        "service": "ssm",
        "operation": "GetParameter*",
        "action": "status",
        "caller": "external-secrets",
        "status": 400,
        "code": "AccessDeniedException",
        "message": "not authorized to perform: ssm:GetParameter",
    }
    posted = hands.live.control("POST", "/faults", rule)
    hands.sync_secret(f"{hands.name}-db")

    def undo(again: Hands) -> None:
        again.live.control("DELETE", f"/faults/{posted['id']}")
        again.sync_secret(f"{again.name}-db")

    return undo


def _lost_in_store(hands: Hands) -> Undo:
    """The Secret of the store's credentials is gone: refreshes fail, whatever the store says of itself."""
    held = hands.get("secret", "aws-access-token", "external-secrets")
    hands.kubectl("-n", "external-secrets", "delete", "secret", "aws-access-token")
    hands.sync_secret(f"{hands.name}-db")

    def undo(again: Hands) -> None:
        again.put(held)
        again.kubectl("annotate", "clustersecretstore", "aws-parameter-store", "look=again", "--overwrite")
        again.sync_secret(f"{again.name}-db")

    return undo


KEYS = ("database_url", "direct_url", "openai_api_key", "anthropic_api_key")
STORAGE = ("storage_access_key_id", "storage_secret_access_key")
PARAMETERS = [
    Plant(
        f"parameter-{key}",
        "parameters",
        f"Parameter Store has no /zerotouch/dev/shop/{key}",
        partial(_parameter, key),
        sample=key == "database_url",
    )
    for key in (*KEYS, *STORAGE, "jwt_public_key", "jwt_key_id")
]
PARAMETERS += [
    Plant(
        f"parameter-of-the-registry-{key}",
        "parameters",
        f"Parameter Store has no /zerotouch/dev/platform/ghcr/{key}",
        partial(_shared, key),
    )
    for key in ("username", "password")
]
OLDER = [
    Plant(
        f"pods-older-than-{secret}",
        "current-secret",
        f"Secret shop-{secret} changed",
        partial(_rotated, key, secret, more),
        sample=secret == "db",
    )
    for key, secret, more in (
        ("database_url", "db", "&application_name=rotated"),
        ("openai_api_key", "secrets", "-rotated"),
    )
]
NEON = [
    Plant("database-gone", "database", "Neon database shop-dev does not exist", _database),
    Plant("database-of-another", "database", "belongs to role somebody", _owner, "somebody"),
    Plant("role-gone", "database", "Neon role shop-dev does not exist", _role, "a published credential is"),
    Plant("auth-off", "auth", "Neon Auth is not enabled on the branch", _no_auth),
    Plant("compute-disabled", "compute", "is disabled: no connection can wake it", _disabled, sample=True),
]
FILES = [Plant("bucket-gone", "storage", "bucket shop-files does not exist", _no_bucket)]
UNSEEN = [
    Plant(
        f"external-secret-{name}-not-deployed",
        hop,
        f"ExternalSecret {name} is no longer in git",
        partial(_without, f"external-secrets/{name}-es.yaml"),
    )
    for name, hop in (
        ("shop-db", "external-secrets"),
        ("shop-jwt", "external-secrets"),
        ("shop-secrets", "external-secrets"),
        ("ghcr-pull-secret", "pull-secret"),
    )
]
GIT = [
    Plant(
        "config-gone",
        "spec",
        "config.yaml is missing, so ArgoCD does not see the tenant",
        partial(_edited, "overlays/dev/config.yaml", None),
    ),
    Plant(
        "config-of-another-namespace",
        "spec",
        "names namespace elsewhere, service.yaml names shop",
        partial(_changed, "overlays/dev/config.yaml", lambda d: d.update(namespace="elsewhere")),
    ),
    Plant(
        "spec-unreadable",
        "spec",
        "service.yaml:2:1: not YAML",
        partial(_edited, "service.yaml", "kind: [unfinished\n"),
        "what is in git cannot be read",
    ),
    Plant(
        "spec-of-another-kind",
        "spec",
        "service.yaml",
        partial(_changed, "service.yaml", lambda d: d["spec"].update(port="http")),
    ),
    Plant(
        "spec-gone",
        "spec",
        "service.yaml is missing, so what the tenant needs is not known",
        partial(_edited, "service.yaml", None),
        "service.yaml",
    ),
    Plant(
        "overlay-does-not-render",
        "application",
        "ComparisonError",
        partial(_changed, BASE, lambda d: d["resources"].append("nowhere.yaml")),
        "ComparisonError",
    ),
    Plant(
        "deployment-names-a-secret-nobody-makes",
        "secrets",
        "Secret nowhere",
        partial(
            _changed, OVERLAY, lambda d: _container(d)["envFrom"].append({"secretRef": {"name": "nowhere"}})
        ),
        "shop-db",
    ),
    Plant(
        "deployment-names-a-key-nobody-yields",
        "secrets",
        "key NOPE",
        partial(
            _changed,
            OVERLAY,
            lambda d: _container(d)["env"].append(
                {"name": "X", "valueFrom": {"secretKeyRef": {"name": "shop-db", "key": "NOPE"}}}
            ),
        ),
        "shop-db",
    ),
    Plant(
        "external-secret-reads-too-little",
        "external-secrets",
        "ExternalSecret shop-db does not read /zerotouch/dev/shop/direct_url",
        partial(_changed, _external("db"), lambda d: d["spec"]["data"].pop()),
    ),
    Plant(
        "external-secret-reads-what-is-not-there",
        "external-secrets",
        "parameter /zerotouch/dev/shop/nowhere does not exist",
        partial(
            _changed,
            _external("db"),
            lambda d: d["spec"]["data"][0]["remoteRef"].update(key="/zerotouch/ENVIRONMENT/shop/nowhere"),
        ),
    ),
    Plant(
        "external-secret-yields-another-variable",
        "external-secrets",
        "yields OPENAI_KEY where pods expect OPENAI_API_KEY",
        partial(
            _changed, _external("secrets"), lambda d: d["spec"]["data"][0].update(secretKey="OPENAI_KEY")
        ),
    ),
    Plant(
        "external-secret-of-a-store-nobody-made",
        "store",
        "SecretStore vault does not exist in namespace shop",
        partial(
            _changed,
            _external("db"),
            lambda d: d["spec"]["secretStoreRef"].update(kind="SecretStore", name="vault"),
        ),
        "shop-db",
    ),
    Plant(
        "external-secret-of-a-cluster-store-nobody-made",
        "external-secrets",
        "ExternalSecret shop-db cannot be synced",
        partial(_changed, _external("db"), lambda d: d["spec"]["secretStoreRef"].update(name="nowhere")),
        "nowhere",
    ),
    Plant(
        "claim-not-deployed",
        "cache",
        "DragonflyInstance shop-cache is no longer in git",
        partial(_without, "claims/dragonfly-claim.yaml"),
    ),
    Plant(
        "claim-of-no-size",
        "application",
        "failed",
        partial(_changed, "base/claims/dragonfly-claim.yaml", lambda d: d["spec"].update(size="giant")),
        "giant",
    ),
    Plant(
        "deployment-paused",
        "workload",
        "Deployment shop is paused",
        partial(_changed, OVERLAY, lambda d: d["spec"].update(paused=True)),
        "resumed",
    ),
    Plant(
        "image-of-no-name",
        "workload",
        "cannot pull image",
        partial(_changed, OVERLAY, lambda d: _container(d).update(image="ghcr.io/Not/A-NAME:1")),
        "InvalidImageName",
    ),
    Plant(
        "image-of-no-such-tag",
        "workload",
        "cannot pull image",
        partial(_changed, OVERLAY, lambda d: _container(d).update(image="ghcr.io/bizmatters/shop:missing")),
        "shop:missing",
    ),
    Plant(
        "config-map-nobody-makes",
        "workload",
        'configmap "settings" not found',
        partial(
            _changed,
            OVERLAY,
            lambda d: _container(d)["envFrom"].append({"configMapRef": {"name": "settings"}}),
        ),
        "settings",
    ),
]
CLUSTER = [
    Plant(
        "store-gone",
        "store",
        "ClusterSecretStore aws-parameter-store does not exist",
        _no_store,
        "not found",
        sample=True,
    ),
    Plant("store-blind", "store", "is not ready", _blind_store, "aws-parameter-store"),
    Plant("store-denied", "external-secrets", "cannot be synced", _denied, "not authorized"),
    Plant("store-credentials-gone", "store", "is not ready", _lost_in_store, "aws-access-token"),
]
# After these another role logs in, so they come last.
COMPUTES = [
    Plant(
        "compute-gone",
        "compute",
        "has no read-write compute",
        _no_compute,
        "portal rotate shop/dev database",
    ),
    Plant("compute-replaced", "parameters", "it names a compute that is gone", _other_compute),
]
PLANTS = [*PARAMETERS, *OLDER, *NEON, *FILES, *UNSEEN, *GIT, *CLUSTER, *COMPUTES]

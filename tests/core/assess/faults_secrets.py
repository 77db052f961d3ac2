"""Faults of the secret store, ExternalSecrets, Secrets and the cache, one at a time."""

from dataclasses import replace
from typing import Any

from portal.core.chain import HopName, HopState
from portal.core.objects.external import ExternalSecret, Store
from portal.core.objects.plain import SecretMeta
from portal.core.objects.workload import SecretUse, Workload
from tests.core.assess.tenant import (
    NEEDS,
    application,
    claim,
    composite,
    deployment,
    event,
    external_secret,
    gone,
    ready,
    secret,
    stamp,
    there,
)

BROKEN, DEGRADED, PROGRESSING = HopState.BROKEN, HopState.DEGRADED, HopState.PROGRESSING


def failing(name: str) -> ExternalSecret:
    return external_secret(
        name, ready("False", "SecretSyncedError", "could not get secret data from provider")
    )


def externals(changed: ExternalSecret | None, name: str) -> Any:
    """All ExternalSecrets with one replaced, or missing."""
    others = [external_secret(other) for other in NEEDS.secrets if other != name]
    return there((*others, *([changed] if changed else [])))


def secrets_but(name: str) -> Any:
    return there(tuple(secret(held) for held in [*NEEDS.secrets, "identity-cache-conn"] if held != name))


def renamed(key: str, other: str) -> ExternalSecret:
    """The database's ExternalSecret with one of its keys under another name."""
    found = external_secret("identity-service-db")
    keys = tuple((other if name == key else name, parameter) for name, parameter in found.keys)
    return replace(found, keys=keys)


def elsewhere(store: str) -> ExternalSecret:
    return replace(external_secret("identity-service-db"), store=store, store_kind="SecretStore")


def local_store(name: str, message: str) -> Store:
    status = {"conditions": [ready("False", "InvalidProviderConfig", message)]}
    return Store.of({"metadata": {"name": name}, "status": status})


def lost(kind: str, name: str) -> dict[str, Any]:
    """A row of the Application for what stands in the cluster alone."""
    return {"kind": kind, "name": name, "status": "OutOfSync", "requiresPruning": True}


def taking(name: str, key: str) -> Workload:
    return replace(deployment(), secrets=(SecretUse(name, key),))


def cache_secret(*keys: str) -> SecretMeta:
    return replace(secret("identity-cache-conn"), keys=frozenset(keys))


DB = "identity-service-db"
PATH = "/zerotouch/dev/identity-service"
STORE_DOWN = Store.of(
    {
        "metadata": {"name": "aws-parameter-store"},
        "status": {"conditions": [ready("False", "InvalidProviderConfig", "unable to validate store")]},
    }
)
ES_EVENT = event(
    "ExternalSecret",
    DB,
    "UpdateFailed",
    f"error processing spec.data[0] (key: {PATH}/database_url), err: Secret does not exist",
)
OLD_ES_EVENT = event(
    "ExternalSecret",
    DB,
    "UpdateFailed",
    f"error retrieving secret at .data[0], key: {PATH}/direct_url, err: Secret does not exist",
)
PROPERTY_EVENT = event(
    "ExternalSecret",
    DB,
    "UpdateFailed",
    f"error processing spec.data[0] (key: {PATH}/database_url), "
    f"err: key uri does not exist in secret {PATH}/database_url",
)
DENIED_EVENT = event(
    "ExternalSecret",
    DB,
    "UpdateFailed",
    f"error processing spec.data[0] (key: {PATH}/database_url), err: AccessDeniedException: "
    "not authorized to perform: ssm:GetParameter",
)


# id, what changes, the hop that breaks, its state, words of its cause, words of its fix.
CASES: list[tuple[str, dict[str, Any], HopName, HopState, str, str]] = [
    (
        "store-absent",
        {"store": gone()},
        HopName.STORE,
        BROKEN,
        "aws-parameter-store does not exist",
        "kubectl",
    ),
    (
        "store-not-installed",
        {"store": gone(reason="External Secrets is not installed in this cluster")},
        HopName.STORE,
        BROKEN,
        "not installed",
        "kubectl",
    ),
    (
        "store-not-ready",
        {"store": there(STORE_DOWN)},
        HopName.STORE,
        BROKEN,
        "unable to validate store",
        "kubectl",
    ),
    (
        "external-secret-absent",
        {"external_secrets": externals(None, DB)},
        HopName.EXTERNAL_SECRETS,
        BROKEN,
        "ExternalSecret identity-service-db does not exist in namespace platform-identity",
        "argocd.argoproj.io/refresh=normal",
    ),
    (
        "external-secret-names-its-missing-key",
        {"external_secrets": externals(failing(DB), DB), "events": there((ES_EVENT,))},
        HopName.EXTERNAL_SECRETS,
        BROKEN,
        "parameter /zerotouch/dev/identity-service/database_url does not exist",
        "portal apply",
    ),
    (
        "external-secret-of-an-old-operator",
        {"external_secrets": externals(failing(DB), DB), "events": there((OLD_ES_EVENT,))},
        HopName.EXTERNAL_SECRETS,
        BROKEN,
        "parameter /zerotouch/dev/identity-service/direct_url does not exist",
        "portal apply",
    ),
    (
        "external-secret-of-a-property-that-is-not-there",
        {"external_secrets": externals(failing(DB), DB), "events": there((PROPERTY_EVENT,))},
        HopName.EXTERNAL_SECRETS,
        BROKEN,
        f"parameter {PATH}/database_url: key uri does not exist in secret",
        "describe externalsecret",
    ),
    (
        "external-secret-denied",
        {"external_secrets": externals(failing(DB), DB), "events": there((DENIED_EVENT,))},
        HopName.EXTERNAL_SECRETS,
        BROKEN,
        "AccessDeniedException",
        "describe externalsecret identity-service-db",
    ),
    (
        "external-secret-without-event",
        {"external_secrets": externals(failing(DB), DB)},
        HopName.EXTERNAL_SECRETS,
        BROKEN,
        "could not get secret data from provider",
        "describe externalsecret",
    ),
    (
        "external-secret-ready-without-secret",
        {"external_secrets": externals(external_secret(DB, ready(reason="SecretMissing")), DB)},
        HopName.EXTERNAL_SECRETS,
        BROKEN,
        "ready without a Secret (SecretMissing)",
        "describe externalsecret",
    ),
    (
        "external-secret-unjudged",
        {"external_secrets": externals(external_secret(DB, conditions=[]), DB)},
        HopName.EXTERNAL_SECRETS,
        PROGRESSING,
        "has not been synced yet",
        "force-sync",
    ),
    (
        "external-secret-of-a-dead-operator",
        {"external_secrets": externals(external_secret(DB, refreshTime=stamp(6, 0)), DB)},
        HopName.EXTERNAL_SECRETS,
        DEGRADED,
        "was last refreshed 6 h ago, its interval is 60 min",
        "force-sync",
    ),
    (
        "secret-gone-though-synced",
        {"secrets": secrets_but(DB)},
        HopName.SECRETS,
        BROKEN,
        "Secret identity-service-db does not exist although",
        "get secret identity-service-db",
    ),
    (
        "secret-reference-names-nothing",
        {"deployments": there((deployment(uses=["database-url"]),))},
        HopName.SECRETS,
        BROKEN,
        "refers to Secret database-url, which nothing makes",
        "kubectl",
    ),
    (
        "external-secret-that-git-lost",
        {"application": there(application(resources=[lost("ExternalSecret", DB)]))},
        HopName.EXTERNAL_SECRETS,
        DEGRADED,
        f"ExternalSecret {DB} is no longer in git",
        "portal apply",
    ),
    (
        "claim-that-git-lost",
        {"application": there(application(resources=[lost("DragonflyInstance", "identity-cache")]))},
        HopName.CACHE,
        DEGRADED,
        "DragonflyInstance identity-cache is no longer in git",
        "portal apply",
    ),
    (
        "claim-absent",
        {"claims": there(())},
        HopName.CACHE,
        BROKEN,
        "DragonflyInstance identity-cache does not exist",
        "refresh=normal",
    ),
    (
        "claim-waits-and-an-object-is-forbidden",
        {
            "claims": there((claim(ready(kind="Synced"), ready("False", "Waiting", "Claim is waiting")),)),
            "composites": there(
                (
                    composite(
                        "XDragonflyInstance",
                        "x7",
                        ready(kind="Synced"),
                        ready("False", "Creating", "Unready resources: connection-secret"),
                        spec={"resourceRefs": [{"kind": "Object", "name": "x7-conn"}]},
                    ),
                    composite(
                        "Object",
                        "x7-conn",
                        ready("False", "ReconcileError", "secrets is forbidden", kind="Synced"),
                        api="kubernetes.crossplane.io/v1alpha2",
                    ),
                )
            ),
        },
        HopName.CACHE,
        BROKEN,
        "Object/x7-conn is not well: ReconcileError: secrets is forbidden",
        "describe object.kubernetes.crossplane.io x7-conn",
    ),
    (
        "claim-not-composed",
        {
            "claims": there((claim(ready(kind="Synced"), ready("False", "Waiting", "waiting")),)),
            "composites": there(
                (
                    composite(
                        "XDragonflyInstance",
                        "x7",
                        ready("False", "ReconcileError", "no Composition", "Synced"),
                    ),
                )
            ),
        },
        HopName.CACHE,
        BROKEN,
        "XDragonflyInstance/x7 is not well: ReconcileError: no Composition",
        "describe xdragonflyinstance.cache.bizmatters.io x7",
    ),
    (
        "connection-secret-missing",
        {"secrets": secrets_but("identity-cache-conn")},
        HopName.CACHE,
        BROKEN,
        "is ready, but Secret identity-cache-conn does not exist",
        "get secret identity-cache-conn",
    ),
    (
        "pull-secret-missing",
        {"secrets": secrets_but("ghcr-pull-secret")},
        HopName.PULL_SECRET,
        BROKEN,
        "Secret ghcr-pull-secret does not exist",
        "get secret ghcr-pull-secret",
    ),
    (
        "external-secret-yields-another-variable",
        {"external_secrets": externals(renamed("DATABASE_URL", "DB_URL"), DB)},
        HopName.EXTERNAL_SECRETS,
        BROKEN,
        f"ExternalSecret {DB} yields DB_URL where pods expect DATABASE_URL",
        "portal apply",
    ),
    (
        "deployment-takes-a-key-nobody-yields",
        {"deployments": there((taking(DB, "PGPASSWORD"),))},
        HopName.SECRETS,
        BROKEN,
        f"takes key PGPASSWORD of Secret {DB}, which yields DATABASE_URL, DIRECT_URL",
        "get externalsecret",
    ),
    (
        "cache-secret-of-other-keys",
        {
            "secrets": there(
                (*(secret(name) for name in NEEDS.secrets), cache_secret("REDIS_HOST", "REDIS_PORT"))
            )
        },
        HopName.CACHE,
        BROKEN,
        "yields REDIS_HOST, REDIS_PORT where pods expect DRAGONFLY_HOST, DRAGONFLY_PASSWORD, DRAGONFLY_PORT",
        "get secret identity-cache-conn",
    ),
    (
        "store-of-its-own-namespace-missing",
        {"external_secrets": externals(elsewhere("vault"), DB), "local_stores": there(())},
        HopName.STORE,
        BROKEN,
        "SecretStore vault does not exist in namespace platform-identity",
        "get secretstore",
    ),
    (
        "store-of-its-own-namespace-fails",
        {
            "external_secrets": externals(elsewhere("vault"), DB),
            "local_stores": there((local_store("vault", "cannot resolve credentials"),)),
        },
        HopName.STORE,
        BROKEN,
        "SecretStore vault is not ready: cannot resolve credentials",
        "describe secretstore vault",
    ),
]

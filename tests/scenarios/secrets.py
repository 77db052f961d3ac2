"""What External Secrets says: stores, and secrets that do not come."""

from tests.scenarios.manifests import ESO, data, external_secret, named, secret
from tests.scenarios.model import (
    Apply,
    Condition,
    Delete,
    Event,
    Field,
    Gone,
    Patch,
    Put,
    Remove,
    Rung,
    Scenario,
    Still,
    Until,
)

DB, KEY = "ExternalSecret/db", "/zerotouch/${ns}/database_url"
FAILED = Condition(DB, "Ready", "False", "SecretSyncedError", "could not get secret data from provider")
READY = Condition(DB, "Ready", "True", "SecretSynced", "secret synced")
UNWRITTEN = Condition(DB, "Ready", "False", "SecretSyncedError", "could not update secret")


def _store(**aws: object) -> dict[str, object]:
    reference = {"name": "aws-access-token", "key": "AWS_ACCESS_KEY_ID"}
    auth = {
        "secretRef": {
            "accessKeyIDSecretRef": reference,
            "secretAccessKeySecretRef": {**reference, "key": "AWS_SECRET_ACCESS_KEY"},
        }
    }
    provider = {"aws": {"service": "ParameterStore", "region": "ap-south-1", "auth": auth, **aws}}
    return named("SecretStore", ESO, "own", spec={"provider": provider})


TOKEN = secret("aws-access-token", AWS_ACCESS_KEY_ID="LKIATEST", AWS_SECRET_ACCESS_KEY="canary-secret-key")
OF_OWN = external_secret(secretStoreRef={"kind": "SecretStore", "name": "own"})

STORES = (
    Scenario(
        "store-without-credentials",
        Rung.STORE,
        "the store is not Ready",
        (Put(KEY, "postgresql://"), Apply([_store(), OF_OWN])),
        (
            Event(
                "SecretStore/own",
                "InvalidProviderConfig",
                'cannot get Kubernetes secret "aws-access-token" from namespace "${ns}": secrets "aws-access-token" not found',
            ),
            Condition(
                "SecretStore/own", "Ready", "False", "InvalidProviderConfig", "unable to validate store"
            ),
            Event(DB, "UpdateFailed", "the desired SecretStore own is not ready"),
            FAILED,
        ),
        (Apply([TOKEN]),),
        (Condition("SecretStore/own", "Ready", "True", "Valid", "store validated"), READY),
    ),
    Scenario(
        "store-of-another-service",
        Rung.STORE,
        "the store names a service nobody serves",
        (Put(KEY, "postgresql://"), Apply([TOKEN, _store(service="SecretsManager"), OF_OWN])),
        (
            Event("SecretStore/own", "InvalidStoreConfiguration"),
            Condition(
                "SecretStore/own", "Ready", "False", "InvalidStoreConfiguration", "unable to validate store"
            ),
            FAILED,
        ),
        (Apply([_store()]),),
        (Condition("SecretStore/own", "Ready", "True", "Valid"), READY),
    ),
    Scenario(
        "no-such-store",
        Rung.STORE,
        "the ExternalSecret names a store that is not there",
        (Put(KEY, "postgresql://"), Apply([TOKEN, OF_OWN])),
        (
            Event(
                DB,
                "UpdateFailed",
                'could not get SecretStore "own", SecretStore.external-secrets.io "own" not found',
            ),
            FAILED,
        ),
        (Apply([_store()]),),
        (READY,),
    ),
    Scenario(
        "store-closed-to-namespace",
        Rung.STORE,
        "the ClusterSecretStore is not for this namespace",
        (
            Put(KEY, "postgresql://"),
            Apply(
                [
                    TOKEN,
                    named(
                        "ClusterSecretStore",
                        ESO,
                        "${ns}",
                        spec={
                            "conditions": [{"namespaces": ["other"]}],
                            "provider": {
                                "aws": {
                                    "service": "ParameterStore",
                                    "region": "ap-south-1",
                                    "auth": {
                                        "secretRef": {
                                            "accessKeyIDSecretRef": {
                                                "name": "aws-access-token",
                                                "namespace": "${ns}",
                                                "key": "AWS_ACCESS_KEY_ID",
                                            },
                                            "secretAccessKeySecretRef": {
                                                "name": "aws-access-token",
                                                "namespace": "${ns}",
                                                "key": "AWS_SECRET_ACCESS_KEY",
                                            },
                                        }
                                    },
                                }
                            },
                        },
                    ),
                    external_secret(secretStoreRef={"kind": "ClusterSecretStore", "name": "${ns}"}),
                ]
            ),
        ),
        (
            Event(
                DB,
                "UpdateFailed",
                'using cluster store "${ns}" is not allowed from namespace "${ns}": denied by spec.condition',
            ),
            FAILED,
        ),
        (Patch("ClusterSecretStore/${ns}", {"spec": {"conditions": [{"namespaces": ["${ns}"]}]}}),),
        (READY,),
    ),
)

SECRETS = (
    Scenario(
        "missing-key",
        Rung.EXTERNAL_SECRET,
        "which key is missing",
        (Apply([external_secret()]),),
        (
            Event(
                DB, "UpdateFailed", f"error processing spec.data[0] (key: {KEY}), err: Secret does not exist"
            ),
            FAILED,
            Gone("Secret/db"),
        ),
        (Put(KEY, "postgresql://"),),
        (Event(DB, "Created", "secret created", "Normal"), READY),
    ),
    Scenario(
        "missing-property",
        Rung.EXTERNAL_SECRET,
        "does not exist, though it does",
        (Put(KEY, '{"url": "x"}'), Apply([external_secret(data=[data("URL", KEY, property="uri")])])),
        (
            Event(
                DB,
                "UpdateFailed",
                f"error processing spec.data[0] (key: {KEY}), err: key uri does not exist in secret {KEY}",
            ),
            FAILED,
        ),
        (Put(KEY, '{"uri": "x"}'),),
        (READY,),
    ),
    Scenario(
        "extract-of-no-json",
        Rung.EXTERNAL_SECRET,
        "one parameter for all, and it is no JSON",
        (Put(KEY, "plain"), Apply([external_secret(dataFrom=[{"extract": {"key": KEY}}])])),
        (
            Event(
                DB,
                "UpdateFailed",
                f"error processing spec.dataFrom[0].extract, err: unable to unmarshal secret {KEY}",
            ),
            FAILED,
        ),
        (Put(KEY, '{"A": "1"}'),),
        (READY,),
    ),
    Scenario(
        "find-finds-badly",
        Rung.EXTERNAL_SECRET,
        "a search that cannot be understood",
        (
            Put(KEY, "x"),
            Apply(
                [external_secret(dataFrom=[{"find": {"path": "/zerotouch/${ns}", "name": {"regexp": "[("}}}])]
            ),
        ),
        (
            Event(
                DB,
                "UpdateFailed",
                "error processing spec.dataFrom[0].find, err: could not compile find.name.regexp [[(]: …",
            ),
            FAILED,
        ),
        (
            Patch(
                DB,
                {"spec": {"dataFrom": [{"find": {"path": "/zerotouch/${ns}", "name": {"regexp": "_url$"}}}]}},
            ),
        ),
        (Field("Secret/db", "data[_zerotouch_${ns}_database_url]", "eA=="), READY),
    ),
    Scenario(
        "secret-of-another",
        Rung.EXTERNAL_SECRET,
        "two ExternalSecrets, one Secret",
        (
            Put(KEY, "x"),
            Apply([external_secret("first", target={"name": "db"})]),
            Until(Condition("ExternalSecret/first", "Ready", "True")),
            Apply([external_secret()]),
        ),
        (
            Event(DB, "UpdateFailed", "target is owned by another ExternalSecret: first"),
            Condition(DB, "Ready", "False", "SecretSyncedError", "target is owned by another ExternalSecret"),
        ),
        (Delete("ExternalSecret/first"),),
        (READY,),
    ),
    Scenario(
        "nothing-to-merge-into",
        Rung.EXTERNAL_SECRET,
        "Ready, and there is no Secret",
        (Put(KEY, "x"), Apply([external_secret(target={"name": "db", "creationPolicy": "Merge"})])),
        (
            Condition(
                DB, "Ready", "True", "SecretMissing", "secret will not be created due to CreationPolicy=Merge"
            ),
            Gone("Secret/db"),
        ),
        (Apply([secret("db", OTHER="1")]), Patch(DB, {"metadata": {"annotations": {"force-sync": "1"}}})),
        (Field("Secret/db", "data.DATABASE_URL", "eA=="), READY),
    ),
    Scenario(
        "deleted-with-the-parameter",
        Rung.EXTERNAL_SECRET,
        "Ready, and the Secret is gone",
        (
            Put(KEY, "x"),
            Apply([external_secret(target={"name": "db", "deletionPolicy": "Delete"})]),
            Until(READY),
            Remove(KEY),
            Patch(DB, {"metadata": {"annotations": {"force-sync": "1"}}}),
        ),
        (
            READY,
            Event(
                DB,
                "MissingProviderSecret",
                f"secret does not exist at provider using spec.dataFrom[0] (key={KEY})",
                "Normal",
            ),
            Event(DB, "Deleted", "secret deleted due to DeletionPolicy=Delete", "Normal"),
            Condition(DB, "Ready", "True", "SecretDeleted", "secret deleted due to DeletionPolicy=Delete"),
            Gone("Secret/db"),
        ),
        (Put(KEY, "x"), Patch(DB, {"metadata": {"annotations": {"force-sync": "2"}}})),
        (Field("Secret/db", "data.DATABASE_URL", "eA=="),),
    ),
    Scenario(
        "template-names-nothing",
        Rung.EXTERNAL_SECRET,
        "the template asks for a key nobody fetched",
        (
            Put(KEY, "x"),
            Apply([external_secret(target={"name": "db", "template": {"data": {"URL": "{{ .missing }}"}}})]),
        ),
        (
            Event(DB, "UpdateFailed", 'could not apply template: map has no entry for key "missing"'),
            UNWRITTEN,
        ),
        (
            Patch(
                DB,
                {
                    "spec": {
                        "target": {
                            "template": {
                                "data": {"URL": "{{ if .DATABASE_URL }}{{ .DATABASE_URL | upper }}{{ end }}"}
                            }
                        }
                    }
                },
            ),
        ),
        (Field("Secret/db", "data.URL", "WA=="), READY),
    ),
    Scenario(
        "stale-secret",
        Rung.EXTERNAL_SECRET,
        "not Ready, and the old Secret is still in use",
        (
            Put(KEY, "x"),
            Apply([external_secret(refreshInterval="20s")]),
            Until(READY),
            Remove(KEY),
        ),
        (
            READY,
            Event(
                DB, "UpdateFailed", f"error processing spec.data[0] (key: {KEY}), err: Secret does not exist"
            ),
            FAILED,
            Still("Secret/db", "data.DATABASE_URL", "eA=="),
        ),
        (Put(KEY, "y"),),
        (Field("Secret/db", "data.DATABASE_URL", "eQ=="), Event(DB, "Updated", "secret updated", "Normal")),
    ),
    Scenario(
        "immutable-secret",
        Rung.EXTERNAL_SECRET,
        "the value was rotated and does not arrive",
        (
            Put(KEY, "x"),
            Apply([external_secret(refreshInterval="20s", target={"name": "db", "immutable": True})]),
            Until(READY),
            Put(KEY, "y"),
        ),
        (
            READY,
            Event(DB, "UpdateFailed", "unable to update secret db: secret is immutable"),
            Condition(
                DB, "Ready", "False", "SecretSyncedError", "could not update secret, target is immutable"
            ),
        ),
        (Delete("Secret/db"),),
        (Field("Secret/db", "data.DATABASE_URL", "eQ=="),),
    ),
)

ALL = (*STORES, *SECRETS)

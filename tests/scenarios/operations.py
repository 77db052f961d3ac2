"""What ArgoCD says of its operations, and of what differs from git."""

from tests.scenarios.argocd import APP, GOOD, HEALED, HEALTH, MESSAGE, PHASE, SYNC, SYNCED
from tests.scenarios.manifests import (
    application,
    claim,
    config_map,
    deployment,
    external_secret,
    job,
    named,
    project,
    text,
)
from tests.scenarios.model import (
    Apply,
    Commit,
    Condition,
    Empty,
    Event,
    Field,
    Gone,
    Patch,
    Put,
    Rung,
    Scenario,
    Until,
)

OPERATIONS = (
    Scenario(
        "no-such-kind",
        Rung.OPERATION,
        "the CRD is not installed",
        (
            Commit({"${ns}/a.yaml": text(named("Widget", "example.com/v1", "w", spec={}))}),
            Apply([application()]),
        ),
        (
            Field(APP, PHASE, "Failed"),
            Field(
                APP,
                MESSAGE,
                'one or more synchronization tasks are not valid, reason: The Kubernetes API could not find example.com/Widget for requested resource ${ns}/w. Make sure the "Widget" CRD is installed on the destination cluster.',
            ),
            Condition(
                APP,
                "SyncError",
                message="Failed last sync attempt to […]: one or more synchronization tasks are not valid…",
            ),
        ),
        (Commit({"${ns}/a.yaml": text(config_map("settings"))}),),
        HEALED,
    ),
    Scenario(
        "refused-by-schema",
        Rung.OPERATION,
        "a claim of a size nobody offers",
        (Commit({"${ns}/a.yaml": text(claim(size="huge"))}), Apply([application()])),
        (
            Field(APP, PHASE, "Failed"),
            Field(
                APP,
                MESSAGE,
                'one or more objects failed to apply (dry run), reason: …spec.size: Unsupported value: "huge"…',
            ),
        ),
        (Commit({"${ns}/a.yaml": text(config_map("settings"))}),),
        HEALED,
    ),
    Scenario(
        "no-namespace",
        Rung.OPERATION,
        "the tenant's namespace was never made",
        (
            Commit(GOOD),
            Apply(
                [
                    application(
                        destination={"server": "https://kubernetes.default.svc", "namespace": "${ns}-none"},
                        syncPolicy={
                            "automated": {},
                            "retry": {"limit": 2, "backoff": {"duration": "5s", "factor": 2}},
                        },
                    )
                ]
            ),
        ),
        (
            Field(
                APP,
                MESSAGE,
                'one or more objects failed to apply, reason: namespaces "${ns}-none" not found. Retrying attempt #1 at …M.',
            ),
            Field(
                APP,
                MESSAGE,
                'one or more objects failed to apply, reason: namespaces "${ns}-none" not found. Retrying attempt #2 at …M.',
            ),
            Field(APP, PHASE, "Failed"),
            Field(
                APP,
                MESSAGE,
                'one or more objects failed to apply, reason: namespaces "${ns}-none" not found (retried 2 times).',
            ),
            Condition(APP, "SyncError", message="Failed last sync attempt to […]: …(retried 2 times)."),
        ),
        (
            Patch(APP, {"spec": {"syncPolicy": {"syncOptions": ["CreateNamespace=true"]}}}),
            Patch(APP, {"operation": {"sync": {"syncOptions": ["CreateNamespace=true"]}}}),
        ),
        HEALED,
    ),
    Scenario(
        "cluster-scoped-intruder",
        Rung.OPERATION,
        "a tenant's overlay brings a ClusterRole",
        (
            Commit(
                {
                    "${ns}/a.yaml": text(
                        config_map("settings"),
                        named("ClusterRole", "rbac.authorization.k8s.io/v1", "${ns}", rules=[]),
                    )
                }
            ),
            Apply(
                [
                    project(),
                    application(project="${ns}"),
                ]
            ),
        ),
        (
            Field(APP, PHASE, "Failed"),
            Field(
                APP,
                MESSAGE,
                "one or more synchronization tasks are not valid, reason: resource rbac.authorization.k8s.io:ClusterRole is not permitted in project ${ns}",
            ),
        ),
        (Commit({"${ns}/a.yaml": text(config_map("settings"))}),),
        HEALED,
    ),
    Scenario(
        "foreign-namespace",
        Rung.OPERATION,
        "a tenant's overlay writes into another's namespace",
        (
            Commit(
                {
                    "${ns}/a.yaml": text(
                        named("ConfigMap", "v1", "settings", metadata={"namespace": "kube-system"}, data={})
                    )
                }
            ),
            Apply(
                [
                    project("${ns}"),
                    application(project="${ns}"),
                ]
            ),
        ),
        (
            Field(APP, PHASE, "Failed"),
            Field(
                APP,
                MESSAGE,
                "one or more synchronization tasks are not valid, reason: namespace kube-system is not permitted in project '${ns}'",
            ),
        ),
        (Commit({"${ns}/a.yaml": text(config_map("settings"))}),),
        HEALED,
    ),
    Scenario(
        "presync-hook-fails",
        Rung.OPERATION,
        "the migration fails before anything is deployed",
        (
            Commit(
                {
                    "${ns}/a.yaml": text(
                        config_map("settings"),
                        job(
                            "migrate",
                            image="ghcr.io/bizmatters/app:ends-1",
                            annotations={"argocd.argoproj.io/hook": "PreSync"},
                            spec={"backoffLimit": 0},
                        ),
                    )
                }
            ),
            Apply([application()]),
        ),
        (
            Field(APP, MESSAGE, "waiting for completion of hook batch/Job/migrate"),
            Condition(
                "Job/migrate",
                "Failed",
                "True",
                "BackoffLimitExceeded",
                "Job has reached the specified backoff limit",
            ),
            Field(APP, PHASE, "Failed"),
            Field(
                APP,
                MESSAGE,
                "one or more synchronization tasks completed unsuccessfully, reason: Job has reached the specified backoff limit",
            ),
        ),
        (
            Commit(
                {
                    "${ns}/a.yaml": text(
                        config_map("settings"),
                        job(
                            "migrate",
                            image="ghcr.io/bizmatters/app:ends-0",
                            annotations={"argocd.argoproj.io/hook": "PreSync"},
                            spec={"backoffLimit": 0},
                        ),
                    )
                }
            ),
        ),
        HEALED,
    ),
    Scenario(
        "wave-fails",
        Rung.OPERATION,
        "a secret of wave 0 cannot be had, so that wave 1 never comes",
        (
            Commit({"${ns}/a.yaml": text(external_secret(wave="0"), config_map("later", wave="1"))}),
            Apply([application()]),
        ),
        (
            Event("ExternalSecret/db", "UpdateFailed"),
            Field(APP, HEALTH, "Degraded"),
            Field(
                APP,
                MESSAGE,
                "one or more synchronization tasks completed unsuccessfully, reason: could not get secret data from provider",
            ),
            Gone("ConfigMap/later"),
        ),
        (
            Put("/zerotouch/${ns}/database_url", "postgresql://"),
            # A sync that came before would fail once more, and none follows it for the same commit.
            Until(Condition("ExternalSecret/db", "Ready", "True", "SecretSynced", "secret synced")),
            Commit({"${ns}/b.yaml": text(config_map("more"))}),
        ),
        HEALED,
    ),
    Scenario(
        "wave-hangs",
        Rung.OPERATION,
        "another operation is already in progress, for hours",
        (
            Commit(
                {
                    "${ns}/a.yaml": text(
                        deployment(image="ghcr.io/bizmatters/app:missing"), config_map("later", wave="1")
                    )
                }
            ),
            Apply([application()]),
        ),
        (
            Field(APP, PHASE, "Running"),
            Field(APP, MESSAGE, "waiting for healthy state of apps/Deployment/web"),
            Field(APP, HEALTH, "Progressing"),
            Gone("ConfigMap/later"),
        ),
        (
            Patch(APP, {"status": {"operationState": {"phase": "Terminating"}}}),
            Commit({"${ns}/a.yaml": text(deployment(), config_map("later", wave="1"))}),
        ),
        (Field(APP, MESSAGE, "Operation terminated"), *HEALED),
    ),
    Scenario(
        "prune-waits",
        Rung.OPERATION,
        "nothing is pruned before somebody agrees",
        (
            Commit(
                {
                    "${ns}/a.yaml": text(config_map("settings")),
                    "${ns}/b.yaml": text(
                        named(
                            "ConfigMap",
                            "v1",
                            "kept",
                            annotations={"argocd.argoproj.io/sync-options": "Prune=confirm"},
                            data={},
                        )
                    ),
                }
            ),
            Apply([application()]),
            Until(SYNCED[0]),
            Commit({"${ns}/b.yaml": None}),
        ),
        (*SYNCED, Field(APP, MESSAGE, "waiting for pruning confirmation of v1/ConfigMap/kept")),
        (
            Patch(
                APP,
                {
                    "metadata": {
                        "annotations": {"argocd.argoproj.io/deletion-approved": "2999-01-01T00:00:00Z"}
                    }
                },
            ),
        ),
        (Gone("ConfigMap/kept"), *HEALED),
    ),
    Scenario(
        "health-without-culprit",
        Rung.OPERATION,
        "Degraded, and the Application does not say by whom",
        (Commit({"${ns}/a.yaml": text(external_secret())}), Apply([application()])),
        (
            Field(APP, PHASE, "Succeeded"),
            Field(APP, HEALTH, "Degraded"),
            Field(APP, "status.resourceHealthSource", "appTree"),
            Empty(APP, "status.resources[0].health"),
        ),
        (Put("/zerotouch/${ns}/database_url", "postgresql://"),),
        (Field(APP, HEALTH, "Healthy"),),
    ),
)

DRIFT = (
    Scenario(
        "edited-by-hand",
        Rung.DRIFT,
        "OutOfSync, and it stays",
        (
            Commit({"${ns}/a.yaml": text(config_map("settings"))}),
            # Another commit to the repository would have an automated one put it right.
            Apply([application(syncPolicy={})]),
            Patch(APP, {"operation": {"sync": {}}}),
            Until(SYNCED[0]),
            Patch("ConfigMap/settings", {"data": {"a": "changed"}}),
        ),
        (*SYNCED, Field(APP, SYNC, "OutOfSync"), Field(APP, "status.resources[0].status", "OutOfSync")),
        (Patch(APP, {"spec": {"syncPolicy": {"automated": {"selfHeal": True}}}}),),
        (Field(APP, SYNC, "Synced"),),
    ),
    Scenario(
        "left-unpruned",
        Rung.DRIFT,
        "deleted in git, still in the cluster",
        (
            Commit({"${ns}/a.yaml": text(config_map("kept")), "${ns}/b.yaml": text(config_map("left"))}),
            Apply([application(syncPolicy={"automated": {}})]),
            Until(SYNCED[0]),
            Commit({"${ns}/b.yaml": None}),
        ),
        (*SYNCED, Field(APP, SYNC, "OutOfSync"), Field(APP, "status.resources[1].requiresPruning", "True")),
        (Patch(APP, {"operation": {"sync": {"prune": True}}}),),
        (Gone("ConfigMap/left"), Field(APP, SYNC, "Synced")),
    ),
)


ALL = (*OPERATIONS, *DRIFT)

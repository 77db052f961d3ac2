"""What ArgoCD says: no Application, conditions, operations, drift."""

from tests.scenarios.manifests import (
    application,
    application_set,
    config_map,
    kustomization,
    named,
    project,
    tenant_config,
    text,
)
from tests.scenarios.model import (
    Apply,
    Commit,
    Condition,
    Delete,
    Field,
    Gone,
    Lifted,
    Patch,
    Rung,
    Scenario,
    Until,
)

APP, SET = "Application/${ns}", "ApplicationSet/${ns}"
SYNC, HEALTH = "status.sync.status", "status.health.status"
PHASE, MESSAGE = "status.operationState.phase", "status.operationState.message"
MANIFESTS = "Failed to load target state: failed to generate manifest for source 1 of 1: "
GOOD = {"${ns}/app.yaml": text(config_map("settings"))}
SYNCED = (Field(APP, SYNC, "Synced"), Field(APP, HEALTH, "Healthy"))
HEALED = (Field(APP, PHASE, "Succeeded"), *SYNCED)
REFRESH = Patch(APP, {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "hard"}}})


def _comparison(message: str, code: str = "Unknown") -> tuple[Field | Condition, ...]:
    """Git gives no manifests: nothing is known of sync, while health may still look good."""
    text = f"{MANIFESTS}rpc error: code = {code} desc = {message}"
    condition = Condition(APP, "ComparisonError", message=text)
    return (Field(APP, SYNC, "Unknown"), Field(APP, HEALTH, "Healthy"), condition)


ABSENT = (
    Scenario(
        "no-config",
        Rung.APPLICATION,
        "the folder is there, and no Application",
        (
            Commit(
                {
                    "${ns}/one/config.yaml": tenant_config("${ns}-one", "${ns}/one"),
                    "${ns}/one/a.yaml": text(config_map("a")),
                    "${ns}/two/b.yaml": text(config_map("b")),
                }
            ),
            Apply([application_set()]),
        ),
        (Field("Application/${ns}-one", SYNC, "Synced"), Gone("Application/${ns}-two")),
        (Commit({"${ns}/two/config.yaml": tenant_config("${ns}-two", "${ns}/two")}),),
        (Field("Application/${ns}-two", SYNC, "Synced"),),
    ),
    Scenario(
        "broken-config",
        Rung.APPLICATION,
        "why has no new tenant come up since this morning",
        (Commit({"${ns}/one/config.yaml": "tenant: [unclosed"}), Apply([application_set()])),
        (
            Condition(
                SET,
                "ErrorOccurred",
                "True",
                "ApplicationParamsGenerationError",
                "error generating params from git: unable to parse file: …",
            ),
            Condition(SET, "ParametersGenerated", "False", "ErrorOccurred"),
            Condition(SET, "ResourcesUpToDate", "False", "ApplicationParamsGenerationError"),
        ),
        (
            Commit(
                {
                    "${ns}/one/config.yaml": tenant_config("${ns}-one", "${ns}/one"),
                    "${ns}/one/a.yaml": text(config_map("a")),
                }
            ),
        ),
        (
            Condition(SET, "ErrorOccurred", "False", "ApplicationSetUpToDate"),
            Field("Application/${ns}-one", SYNC, "Synced"),
        ),
    ),
    Scenario(
        "one-name-twice",
        Rung.APPLICATION,
        "two tenants, one Application",
        (
            Commit(
                {
                    f"${{ns}}/{each}/config.yaml": tenant_config("${ns}-same", "${ns}/one")
                    for each in ("one", "two")
                }
            ),
            Apply([application_set()]),
        ),
        (
            Condition(
                SET,
                "ErrorOccurred",
                "True",
                "ApplicationValidationError",
                "ApplicationSet ${ns} contains applications with duplicate name: ${ns}-same",
            ),
        ),
        (Commit({"${ns}/two/config.yaml": None, "${ns}/one/a.yaml": text(config_map("a"))}),),
        (
            Condition(SET, "ErrorOccurred", "False", "ApplicationSetUpToDate"),
            Field("Application/${ns}-same", SYNC, "Synced"),
        ),
    ),
    Scenario(
        "no-such-branch",
        Rung.APPLICATION,
        "the set follows a branch that was deleted",
        (
            Commit(
                {
                    "${ns}/one/config.yaml": tenant_config("${ns}-one", "${ns}/one"),
                    "${ns}/one/a.yaml": text(config_map("a")),
                }
            ),
            Apply([application_set("${ns}")]),
        ),
        (
            Condition(
                SET,
                "ErrorOccurred",
                "True",
                "ApplicationParamsGenerationError",
                "error generating params from git: unable to resolve '${ns}' to a commit SHA",
            ),
        ),
        (Apply([application_set()]),),
        (
            Condition(SET, "ErrorOccurred", "False", "ApplicationSetUpToDate"),
            Field("Application/${ns}-one", SYNC, "Synced"),
        ),
    ),
)

CONDITIONS = (
    Scenario(
        "no-such-path",
        Rung.CONDITIONS,
        "Healthy and yet not deployed: the overlay was moved",
        (Apply([application(path="${ns}/gone")]),),
        _comparison("${ns}/gone: app path does not exist"),
        (Commit({"${ns}/gone/app.yaml": text(config_map("settings"))}),),
        HEALED,
    ),
    Scenario(
        "broken-yaml",
        Rung.CONDITIONS,
        "a manifest that is no YAML",
        (
            Commit({"${ns}/app.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: [unclosed"}),
            Apply([application()]),
        ),
        _comparison('Failed to unmarshal "app.yaml": …', "FailedPrecondition"),
        (Commit(GOOD),),
        HEALED,
    ),
    Scenario(
        "missing-base",
        Rung.CONDITIONS,
        "the overlay names a base that is not there",
        (
            Commit({"${ns}/kustomization.yaml": kustomization(resources=["../${ns}-base"])}),
            Apply([application()]),
        ),
        _comparison(
            "`kustomize build <path to cached source>/${ns}` failed exit status 1: …no such file or directory…"
        ),
        (
            Commit(
                {
                    "${ns}-base/kustomization.yaml": kustomization(resources=["a.yaml"]),
                    "${ns}-base/a.yaml": text(config_map("settings")),
                }
            ),
        ),
        HEALED,
    ),
    Scenario(
        "unrenderable-overlay",
        Rung.CONDITIONS,
        "the overlay patches what no base has",
        (
            Commit(
                {
                    "${ns}/kustomization.yaml": kustomization(
                        resources=["a.yaml"], patches=[{"patch": text(config_map("other"))}]
                    ),
                    "${ns}/a.yaml": text(config_map("settings")),
                }
            ),
            Apply([application()]),
        ),
        _comparison("`kustomize build …: no matches for Id ConfigMap.v1.[noGrp]/other.[noNs]…"),
        (Commit({"${ns}/kustomization.yaml": kustomization(resources=["a.yaml"])}),),
        HEALED,
    ),
    Scenario(
        "registered-twice",
        Rung.CONDITIONS,
        "two files of one overlay say the same object",
        (
            Commit(
                {
                    "${ns}/kustomization.yaml": kustomization(resources=["a.yaml", "b.yaml"]),
                    "${ns}/a.yaml": text(config_map("settings")),
                    "${ns}/b.yaml": text(config_map("settings")),
                }
            ),
            Apply([application()]),
        ),
        _comparison("`kustomize build …: may not add resource with an already registered id: …"),
        (Commit({"${ns}/kustomization.yaml": kustomization(resources=["a.yaml"])}),),
        HEALED,
    ),
    Scenario(
        "named-twice",
        Rung.CONDITIONS,
        "two plain files say the same object",
        (
            Commit(
                {
                    "${ns}/a.yaml": text(config_map("settings")),
                    "${ns}/b.yaml": text(config_map("settings", b="2")),
                }
            ),
            Apply([application()]),
        ),
        (
            Condition(
                APP,
                "RepeatedResourceWarning",
                message="Resource /ConfigMap/${ns}/settings appeared 2 times among application resources.",
            ),
            *HEALED,
        ),
        (Commit({"${ns}/a.yaml": None}), REFRESH),
        (Lifted(APP, "RepeatedResourceWarning"),),
    ),
    Scenario(
        "no-such-revision",
        Rung.CONDITIONS,
        "the Application follows a tag nobody pushed",
        (Commit(GOOD), Apply([application(source={"targetRevision": "v9"})])),
        _comparison("unable to resolve 'v9' to a commit SHA"),
        (Patch(APP, {"spec": {"source": {"targetRevision": "main"}}}),),
        HEALED,
    ),
    Scenario(
        "no-such-project",
        Rung.CONDITIONS,
        "the project was renamed",
        (Commit(GOOD), Apply([application(project="gone")])),
        (
            Field(APP, SYNC, "Unknown"),
            Condition(
                APP, "InvalidSpecError", message="Application referencing project gone which does not exist"
            ),
        ),
        (Patch(APP, {"spec": {"project": "default"}}),),
        HEALED,
    ),
    Scenario(
        "destination-not-permitted",
        Rung.CONDITIONS,
        "the project does not let it deploy there",
        (
            Commit(GOOD),
            Apply(
                [
                    project("other"),
                    application(project="${ns}"),
                ]
            ),
        ),
        (
            Condition(
                APP,
                "InvalidSpecError",
                message="application destination server 'https://kubernetes.default.svc' and namespace '${ns}' do not match any of the allowed destinations in project '${ns}'",
            ),
        ),
        (Patch("AppProject/${ns}", {"spec": {"destinations": [{"server": "*", "namespace": "*"}]}}),),
        HEALED,
    ),
    Scenario(
        "shared-object",
        Rung.CONDITIONS,
        "two Applications pull at one object",
        (
            Commit(
                {
                    "${ns}/a.yaml": text(config_map("settings", of="one")),
                    "${ns}-two/a.yaml": text(config_map("settings", of="two")),
                }
            ),
            Apply([application()]),
            Until(SYNCED[0]),
            Apply([application("${ns}-two", "${ns}-two")]),
        ),
        (
            Condition(
                "Application/${ns}…",
                "SharedResourceWarning",
                message="ConfigMap/settings is part of applications ${ns}…",
            ),
        ),
        (
            Commit({"${ns}-two/a.yaml": text(config_map("own", of="two"))}),
            Patch("Application/${ns}-two", {"operation": {"sync": {}}}),
        ),
        (Field("Application/${ns}-two", PHASE, "Succeeded"),),
    ),
    Scenario(
        "orphaned-object",
        Rung.CONDITIONS,
        "something lies there that git knows nothing of",
        (
            Commit(GOOD),
            Apply(
                [
                    config_map("stray"),
                    config_map("known"),
                    project(orphanedResources={"ignore": [{"kind": "ConfigMap", "name": "know*"}]}),
                    application(project="${ns}"),
                ]
            ),
        ),
        (
            Condition(APP, "OrphanedResourceWarning", message="Application has 1 orphaned resources"),
            *SYNCED,
        ),
        (Delete("ConfigMap/stray"), REFRESH),
        (Lifted(APP, "OrphanedResourceWarning"),),
    ),
    Scenario(
        "excluded-kind",
        Rung.CONDITIONS,
        "git holds what only a claim may bring",
        (
            Commit(
                {
                    "${ns}/a.yaml": text(
                        config_map("settings"),
                        named(
                            "XDragonflyInstance",
                            "cache.bizmatters.io/v1alpha1",
                            "${ns}",
                            spec={"size": "micro"},
                        ),
                    )
                }
            ),
            Apply([application()]),
        ),
        (
            Condition(
                APP,
                "ExcludedResourceWarning",
                message="Resource cache.bizmatters.io/XDragonflyInstance ${ns} is excluded in the settings",
            ),
            *HEALED,
        ),
        (Commit({"${ns}/a.yaml": text(config_map("settings"))}), REFRESH),
        (Lifted(APP, "ExcludedResourceWarning"),),
    ),
    Scenario(
        "all-would-go",
        Rung.CONDITIONS,
        "the folder was emptied, and nothing happens",
        (
            Commit(GOOD),
            Apply([application()]),
            Until(SYNCED[0]),
            Commit({"${ns}/app.yaml": None, "${ns}/README.md": "nothing here"}),
        ),
        (
            *SYNCED,
            Field(APP, SYNC, "OutOfSync"),
            Condition(
                APP, "SyncError", message="Skipping sync attempt to …: auto-sync will wipe out all resources"
            ),
        ),
        (Commit(GOOD),),
        (Lifted(APP, "SyncError"),),
    ),
)


ALL = (*ABSENT, *CONDITIONS)

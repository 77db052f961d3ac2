"""What says that all is well, and is of yesterday: environments, comparisons and values."""

from tests.scenarios.argocd import APP, SYNCED
from tests.scenarios.manifests import application, config_map, deployment, env_from, external_secret, text
from tests.scenarios.model import (
    Apply,
    Commit,
    Event,
    Field,
    Patch,
    Put,
    Rung,
    Scenario,
    Still,
    Until,
)
from tests.scenarios.pods import AVAILABLE, POD, WEB
from tests.scenarios.secrets import DB, KEY, READY

NEW = "eQ=="
SKIP = "argocd.argoproj.io/skip-reconcile"
AWAKE = application("${ns}-awake", "${ns}-awake")
RESTARTED = {"kubectl.kubernetes.io/restartedAt": "2026-01-31T12:00:00Z"}

ALL = (
    Scenario(
        "stale-environment",
        Rung.STALE_ENVIRONMENT,
        "the value was rotated, and the pods still use the old one",
        (
            Put(KEY, "x"),
            Apply([external_secret(), deployment(**env_from("db"))]),
            Until(AVAILABLE),
            Put(KEY, "y"),
            Patch(DB, {"metadata": {"annotations": {"force-sync": "1"}}}),
        ),
        (
            Event(DB, "Updated", "secret updated", "Normal"),
            Field("Secret/db", "data.DATABASE_URL", NEW),
            Still(POD, "status.containerStatuses[0].restartCount", "0"),
        ),
        (Patch(WEB, {"spec": {"template": {"metadata": {"annotations": RESTARTED}}}}),),
        (
            Event(WEB, "ScalingReplicaSet", "Scaled up replica set web-… from 0 to 1", "Normal"),
            Event(WEB, "ScalingReplicaSet", "Scaled down replica set web-… from 1 to 0", "Normal"),
        ),
    ),
    Scenario(
        "stale-comparison",
        Rung.STALE_DATA,
        "Synced, and git is further",
        (
            Commit({f"{name}/a.yaml": text(config_map(name)) for name in ("${ns}", "${ns}-awake")}),
            Apply([application(), AWAKE]),
            Until(SYNCED[0]),
            Until(Field("Application/${ns}-awake", "status.sync.status", "Synced")),
            Patch(APP, {"metadata": {"annotations": {SKIP: "true"}}}),
            Commit({f"{name}/a.yaml": text(config_map(name, a="2")) for name in ("${ns}", "${ns}-awake")}),
        ),
        (
            Field("ConfigMap/${ns}-awake", "data.a", "2"),
            Still("ConfigMap/${ns}", "data.a", "1"),
            Still(APP, "status.sync.status", "Synced"),
        ),
        (Patch(APP, {"metadata": {"annotations": {SKIP: None}}}),),
        (Field("ConfigMap/${ns}", "data.a", "2"),),
    ),
    Scenario(
        "fetched-once",
        Rung.STALE_DATA,
        "forced, and the old value stays",
        (
            Put(KEY, "x"),
            Apply([external_secret(refreshInterval="0"), external_secret("awake", refreshInterval="20s")]),
            Until(READY),
            Put(KEY, "y"),
            Patch(DB, {"metadata": {"annotations": {"force-sync": "1"}}}),
        ),
        (Field("Secret/awake", "data.DATABASE_URL", NEW), Still("Secret/db", "data.DATABASE_URL", "eA==")),
        (Patch(DB, {"spec": {"refreshInterval": "20s"}}),),
        (Field("Secret/db", "data.DATABASE_URL", NEW),),
    ),
)

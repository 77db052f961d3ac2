"""What the portal is to say of each scenario: the hop at which it began, and words of its cause.

By default the hop follows from the rung of the ladder, and the cause repeats what a controller said; the rows
below are those which the portal tells otherwise, most often because it sees a link before the rung.
"""

from collections.abc import Mapping

from portal.core.chain import HopName
from tests.scenarios.model import Rung

HOPS: Mapping[Rung, HopName] = {
    Rung.APPLICATION: HopName.APPLICATION,
    Rung.CONDITIONS: HopName.APPLICATION,
    Rung.OPERATION: HopName.APPLICATION,
    Rung.STORE: HopName.STORE,
    Rung.EXTERNAL_SECRET: HopName.EXTERNAL_SECRETS,
    Rung.CLAIM: HopName.CACHE,
    Rung.CONNECTION: HopName.CACHE,
    Rung.POD: HopName.WORKLOAD,
    Rung.DEPLOYMENT: HopName.WORKLOAD,
    Rung.DRIFT: HopName.APPLICATION,
    Rung.STALE_ENVIRONMENT: HopName.FRESHNESS,
    Rung.STALE_DATA: HopName.APPLICATION,
}
_GONE = (HopName.PARAMETERS, "Parameter Store has no /zerotouch/")
_FAILED = HopName.APPLICATION
ROWS: Mapping[str, tuple[HopName, str]] = {
    "no-such-kind": (_FAILED, 'Make sure the "Widget" CRD is installed'),
    "no-namespace": (_FAILED, 'ConfigMap settings: namespaces "no-namespace-none" not found'),
    "cluster-scoped-intruder": (_FAILED, "ClusterRole is not permitted in project"),
    "foreign-namespace": (_FAILED, "namespace kube-system is not permitted in project"),
    "wave-fails": _GONE,
    "wave-hangs": (HopName.WORKLOAD, "ghcr.io/bizmatters/app:missing"),
    "health-without-culprit": _GONE,
    "edited-by-hand": (_FAILED, "ConfigMap/settings"),
    "left-unpruned": (_FAILED, "ConfigMap/left"),
    "store-of-another-service": (HopName.STORE, "unknown AWS service 'SecretsManager'"),
    "no-such-store": (HopName.STORE, "SecretStore own does not exist"),
    "store-closed-to-namespace": (HopName.EXTERNAL_SECRETS, "denied by spec.condition"),
    "missing-key": _GONE,
    "missing-property": (HopName.EXTERNAL_SECRETS, "key uri does not exist in secret"),
    "extract-of-no-json": (HopName.EXTERNAL_SECRETS, "unable to unmarshal secret"),
    "find-finds-badly": (HopName.EXTERNAL_SECRETS, "could not compile find.name.regexp"),
    "deleted-with-the-parameter": _GONE,
    "stale-secret": _GONE,
    "secret-names-nothing": (HopName.SECRETS, "a pod refers to Secret db, which nothing makes"),
    "secret-without-key": (HopName.SECRETS, "Secret db has no key URL"),
    "deadline-exceeded": (HopName.WORKLOAD, "ghcr.io/bizmatters/app:missing"),
    "paused-rollout": (HopName.WORKLOAD, "Deployment web is paused"),
    "stale-environment": (HopName.FRESHNESS, "Secret db changed"),
    "job-fails": (HopName.APPLICATION, "Job/migrate is degraded: Job has reached"),
    "job-too-slow": (HopName.APPLICATION, "Job/migrate is degraded: Job was active longer"),
}
WELL = frozenset({"claim-comes-up", "optional-secret", "first-sync", "orphaned-object"})
"""These end well by themselves, or harm nobody."""
ELSEWHERE = frozenset({"no-config", "schedule-blocked", "stale-comparison", "fetched-once"})
"""What is missing in git is seen in git, and a service of this platform has no CronJob; how old a comparison
or a value is tells its age alone, which the judge of these scenarios sets.
"""

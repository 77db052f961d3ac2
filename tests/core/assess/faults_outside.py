"""Faults of git, Neon, Parameter Store, Neon Auth and the bucket, one at a time."""

from typing import Any

from portal.core.chain import HopName, HopState
from portal.core.facets import Source
from portal.core.neon import NeonBranch, NeonDatabase, NeonOperation
from tests.core.assess.tenant import (
    endpoint,
    folder,
    gone,
    parameters,
    there,
)

BROKEN, DEGRADED, PROGRESSING = HopState.BROKEN, HopState.DEGRADED, HopState.PROGRESSING


# id, what changes, the hop that breaks, its state, words of its cause, words of its fix.
CASES: list[tuple[str, dict[str, Any], HopName, HopState, str, str]] = [
    (
        "folder-absent",
        {"folder": gone(Source.GIT)},
        HopName.SPEC,
        BROKEN,
        "not in the tenants repository",
        "apply",
    ),
    (
        "overlay-missing",
        {"folder": there(folder(overlays={}), Source.GIT)},
        HopName.SPEC,
        BROKEN,
        "overlays/dev is missing",
        "portal apply",
    ),
    (
        "config-missing",
        {"folder": there(folder(overlays={"dev": None}), Source.GIT)},
        HopName.SPEC,
        BROKEN,
        "config.yaml is missing, so ArgoCD does not see the tenant",
        "portal apply",
    ),
    (
        "config-other-namespace",
        {"folder": there(folder(overlays={"dev": {"namespace": "elsewhere"}}), Source.GIT)},
        HopName.SPEC,
        BROKEN,
        "names namespace elsewhere, service.yaml names platform-identity",
        "portal apply",
    ),
    ("spec-faults", {"spec_faults": ("line 3: bad",)}, HopName.SPEC, BROKEN, "line 3: bad", "portal apply"),
    ("branch-absent", {"branch": gone(Source.NEON)}, HopName.BRANCH, BROKEN, "p-dev has no branch", "curl"),
    (
        "branch-resetting",
        {"branch": there(NeonBranch("b", "p", "main", "resetting", default=True), Source.NEON)},
        HopName.BRANCH,
        PROGRESSING,
        "is in state resetting",
        "curl",
    ),
    (
        "branch-state-of-tomorrow",
        {"branch": there(NeonBranch("b", "p", "main", "hibernating", default=True), Source.NEON)},
        HopName.BRANCH,
        HopState.UNKNOWN,
        "which the portal does not know",
        "curl",
    ),
    (
        "compute-disabled",
        {"endpoints": there((endpoint(state="idle", disabled=True),), Source.NEON)},
        HopName.COMPUTE,
        BROKEN,
        "is disabled: no connection can wake it",
        '{"endpoint":{"disabled":false}}',
    ),
    (
        "compute-none",
        {"endpoints": there((endpoint(type="read_only"),), Source.NEON)},
        HopName.COMPUTE,
        BROKEN,
        "no read-write compute",
        "portal apply",
    ),
    (
        "compute-over-quota",
        {
            "endpoints": there((endpoint(state="idle"),), Source.NEON),
            "operations": there(
                (
                    NeonOperation(
                        "o2", "p-dev", "start_compute", "failed", "exceeded the compute time quota", "br-1"
                    ),
                    NeonOperation("o1", "p-dev", "start_compute", "finished", "", "br-1"),
                ),
                Source.NEON,
            ),
        },
        HopName.COMPUTE,
        BROKEN,
        "blocked by a quota: exceeded the compute time quota",
        "curl",
    ),
    (
        "role-missing",
        {"roles": there((), Source.NEON)},
        HopName.DATABASE,
        BROKEN,
        "role identity-service-dev",
        "portal plan",
    ),
    (
        "role-missing-and-nothing-published",
        {
            "roles": there((), Source.NEON),
            "parameters": there(parameters("database_url", "direct_url"), Source.SSM),
        },
        HopName.DATABASE,
        BROKEN,
        "role identity-service-dev",
        "portal apply",
    ),
    (
        "database-missing",
        {"databases": there((), Source.NEON)},
        HopName.DATABASE,
        BROKEN,
        "Neon database identity-service-dev does not exist",
        "portal apply",
    ),
    (
        "database-of-another",
        {"databases": there((NeonDatabase("identity-service-dev", "br-1", "someone"),), Source.NEON)},
        HopName.DATABASE,
        BROKEN,
        "belongs to role someone, not to identity-service-dev",
        "portal plan",
    ),
    (
        "parameter-missing",
        {"parameters": there(parameters("openai_api_key"), Source.SSM)},
        HopName.PARAMETERS,
        BROKEN,
        "Parameter Store has no /zerotouch/dev/identity-service/openai_api_key",
        "portal apply",
    ),
    (
        "parameter-older-than-its-compute",
        {"endpoints": there((endpoint(created="2026-11-23T11:45:00Z"),), Source.NEON)},
        HopName.PARAMETERS,
        BROKEN,
        "/direct_url is older than Neon compute ep-1: it names a compute that is gone",
        "portal rotate identity-service/dev database",
    ),
    (
        "auth-not-enabled",
        {"auth": gone(Source.AUTH)},
        HopName.AUTH,
        BROKEN,
        "Neon Auth is not enabled",
        "portal apply",
    ),
    (
        "bucket-missing",
        {"bucket": there(False, Source.STORAGE)},
        HopName.STORAGE,
        BROKEN,
        "bucket identity-files does not exist",
        "portal apply",
    ),
]

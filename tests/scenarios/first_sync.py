"""The example tenant, whose Deployment comes before its Secrets, but for that of its image: it heals by itself."""

from typing import Any

import yaml

from tests.manifests.rendering import MANIFESTS, tenant_files
from tests.scenarios.model import Apply, Commit, Condition, Event, Field, Put, Rung, Scenario, Waiting
from tests.scenarios.pods import PULL_SECRET

NAME = "first-sync"
_REPOSITORY = "@repository@"
APP = "Application/${ns}"
POD = "Pod/${ns}-…"


def _example() -> dict[str, Any]:
    """The example service under the scenario's name."""
    document: dict[str, Any] = yaml.safe_load((MANIFESTS / "examples" / "identity-service.yaml").read_text())
    document["metadata"]["name"] = NAME
    document["spec"] |= {"namespace": NAME, "environments": {"dev": {}}}
    document["spec"]["cache"]["name"] = f"{NAME}-cache"
    return document


def _parameters(spec: dict[str, Any]) -> list[Put]:
    """Everything the tenant reads."""
    keys = ["database_url", "direct_url", "jwt_private_key", "jwt_public_key", "jwt_key_id"]
    keys += [*spec.get("secrets", []), "neon_auth_url", "storage_access_key_id", "storage_secret_access_key"]
    own = [Put(f"/zerotouch/dev/${{ns}}/{key}", "value") for key in keys]
    return own + [Put(f"/zerotouch/dev/platform/ghcr/{key}", "value") for key in ("username", "password")]


def _files() -> dict[str, str | None]:
    """Without the wave that has the Deployment come last: of one wave, workloads come before custom kinds."""
    files: dict[str, str | None] = {}
    for path, text in tenant_files(_example(), _REPOSITORY).items():
        text = text.replace(_REPOSITORY, "${repository}")  # noqa: PLW2901 - the same file
        files[path] = text.replace('sync-wave: "6"', 'sync-wave: "0"') if "deployment" in path else text
    return files


ALL = (
    Scenario(
        NAME,
        Rung.POD,
        "CreateContainerConfigError right after the first sync",
        (*_parameters(_example()["spec"]), Apply([PULL_SECRET]), Commit(_files())),
        (
            Waiting("${ns}-…", "CreateContainerConfigError", 'secret "${ns}-…" not found'),
            Event(POD, "Failed", 'Error: secret "${ns}-…" not found'),
            Event("ExternalSecret/${ns}-secrets", "Created", "secret created", "Normal"),
            Event(POD, "Started", "Started container ${ns}", "Normal"),
            Condition("Deployment/${ns}", "Available", "True"),
            Field(APP, "status.sync.status", "Synced"),
            Field(APP, "status.health.status", "Healthy"),
            Field(APP, "status.operationState.phase", "Succeeded"),
        ),
    ),
)

"""A cluster that holds ExternalSecrets and the Secrets they made."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.core.cluster import KubeObject, Listing, Resource
from portal.errors import AccessDenied, NotFound
from tests.engine.fake_cluster import FakeCluster
from tests.engine.fakes import World

NAMESPACE = "platform-identity"
LATER = "2026-01-31T12:30:00Z"


@dataclass(slots=True)
class Held:
    """ExternalSecrets by name, and Secrets by name with plain values; `hidden` Secrets may not be read."""

    externals: dict[str, KubeObject] = field(default_factory=dict)
    secrets: dict[str, Mapping[str, str]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    def copy(
        self,
        name: str,
        keys: Mapping[str, str],
        values: Mapping[str, str],
        *,
        refreshed: str = LATER,
        ready: str = "True",
        template: bool = False,
    ) -> None:
        """An ExternalSecret that reads parameters by key, and the Secret it made."""
        data = [{"secretKey": key, "remoteRef": {"key": parameter}} for key, parameter in keys.items()]
        target: dict[str, object] = {"name": name}
        if template:
            target["template"] = {"data": {"x": "{{ .y }}"}}
        self.externals[name] = {
            "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {"target": target, "data": data},
            "status": {
                "refreshTime": refreshed,
                "conditions": [{"type": "Ready", "status": ready, "reason": "SecretSyncedError"}],
            },
        }
        self.secrets[name] = values


class SecretsCluster(FakeCluster):
    """Lists ExternalSecrets everywhere and gives single Secrets."""

    def __init__(self, world: World, held: Held) -> None:
        super().__init__(world)
        self.held = held

    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        metadata_only: bool = False,
    ) -> Listing:
        self.world.allow("kubernetes")
        assert (namespace, label_selector, metadata_only) == (None, "", False)
        assert resource.kind == "ExternalSecret"
        return Listing(tuple(self.held.externals.values()), "1")

    async def get(self, resource: Resource, name: str, *, namespace: str | None = None) -> KubeObject:
        assert (resource.plural, namespace) == ("secrets", NAMESPACE)
        if name in self.held.hidden:
            raise AccessDenied("forbidden", system="kubernetes", operation="get", target=name)
        if name not in self.held.secrets:
            raise NotFound("not found", system="kubernetes", operation="get", target=name)
        values = self.held.secrets[name]
        return {"data": {key: base64.b64encode(text.encode()).decode() for key, text in values.items()}}

"""The served kinds of the operator, and how an operator of each served version words what it says."""

from dataclasses import dataclass

from simulator.controllers.api import Api
from simulator.controllers.errors import NotFound
from simulator.controllers.kinds import Kind

GROUP = "external-secrets.io"
CURRENT, OLD = "v1", "v1beta1"
EXTERNAL_SECRET = Kind(GROUP, CURRENT, "ExternalSecret", "externalsecrets", namespaced=True)
SECRET_STORE = Kind(GROUP, CURRENT, "SecretStore", "secretstores", namespaced=True)
CLUSTER_SECRET_STORE = Kind(GROUP, CURRENT, "ClusterSecretStore", "clustersecretstores", namespaced=False)


@dataclass(frozen=True, slots=True)
class Dialect:
    """The operator's kinds in the version it serves, and the two sentences that changed with it.

    Source: External Secrets Operator 0.9.13 (`v1beta1` alone) and 2.9 (`v1`).
    """

    version: str = CURRENT

    def of(self, kind: Kind) -> Kind:
        return Kind(kind.group, self.version, kind.kind, kind.plural, kind.namespaced)

    @property
    def synced(self) -> str:
        return "Secret was synced" if self.version == OLD else "secret synced"

    def entry_failed(self, index: int, key: str, cause: object) -> str:
        """What is said of an entry of `spec.data`."""
        if self.version == OLD:
            return f"error retrieving secret at .data[{index}], key: {key}, err: {cause}"
        return f"error processing spec.data[{index}] (key: {key}), err: {cause}"


async def served(api: Api) -> Dialect:
    """By what the cluster serves, the newer first; raises NotFound where it serves none."""
    try:
        await api.resource(f"{GROUP}/{CURRENT}", EXTERNAL_SECRET.kind)
    except NotFound:
        await api.resource(f"{GROUP}/{OLD}", EXTERNAL_SECRET.kind)
        return Dialect(OLD)
    return Dialect(CURRENT)

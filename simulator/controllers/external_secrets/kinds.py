"""The served kinds of the operator."""

from simulator.controllers.kinds import Kind

GROUP = "external-secrets.io"
EXTERNAL_SECRET = Kind(GROUP, "v1", "ExternalSecret", "externalsecrets", namespaced=True)
SECRET_STORE = Kind(GROUP, "v1", "SecretStore", "secretstores", namespaced=True)
CLUSTER_SECRET_STORE = Kind(GROUP, "v1", "ClusterSecretStore", "clustersecretstores", namespaced=False)

"""One Kubernetes API server in raw JSON, through the official client's asynchronous transport.

The client is used for kubeconfig, credentials and TLS only; no typed model is built. Every call has a
deadline, every failure becomes one of `portal.errors`, and list-then-watch is the engine's business.
"""

from portal.adapters.kube.cluster import KubeCluster

__all__ = ["KubeCluster"]

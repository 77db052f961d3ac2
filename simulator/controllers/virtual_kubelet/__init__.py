"""The virtual kubelet: one node, on which each pod's containers are local child processes.

A container gets exactly the environment the API gives it, or waits and says in the kubelet's own words what
is missing. The API is the only source of what should run; the pod directory is all that is shared with it.
"""

from simulator.controllers.virtual_kubelet.kubelet import run

__all__ = ["run"]

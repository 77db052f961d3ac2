"""The workload controllers: what kube-controller-manager and kube-scheduler do for the kinds a tenant uses.

Each decides in a pure function from objects just read, then writes the difference. None remembers anything
between passes, so that the same pass may be repeated at any time.
"""

from simulator.controllers.workloads.loops import run

__all__ = ["run"]

"""External Secrets: parameters of AWS Systems Manager become Kubernetes Secrets, and stay current.

Values pass from the provider into the Secret and nowhere else: no log, event or condition holds one. A
failure leaves the Secret as it was and says so in the condition; what is missing is named in the Event.
"""

from simulator.controllers.external_secrets.controller import run

__all__ = ["run"]

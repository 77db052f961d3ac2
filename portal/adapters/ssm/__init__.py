"""AWS Systems Manager Parameter Store. Listing never reads a value; values leave as `Secret`.

No call is repeated here, and none runs on the loop.
"""

from portal.adapters.ssm.parameters import ParameterStore

__all__ = ["ParameterStore"]

"""KMS keys of a place, as far as Parameter Store needs them: which there are, and who may use them.

Source: Systems Manager User Guide, "AWS KMS encryption for Parameter Store SecureString parameters": the
AWS managed key lets every principal of the account use it through Parameter Store; the use of a customer
managed key is for IAM policies to allow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from simulator.ssm.parameters.names import Place
from simulator.ssm.parameters.refusals import Refusal

MANAGED_ALIAS = "alias/aws/ssm"


@dataclass(frozen=True, slots=True)
class Key:
    """`managed` keys are AWS's own."""

    arn: str
    managed: bool


class Keys:
    """`customer` maps aliases of customer managed keys to their key ids."""

    def __init__(self, place: Place, customer: Mapping[str, str]) -> None:
        base = f"arn:aws:kms:{place.region}:{place.account}:"
        self._base = base
        self._keys: dict[str, Key] = {}
        for alias, key_id in {MANAGED_ALIAS: str(uuid4()), **customer}.items():
            key = Key(f"{base}key/{key_id}", managed=alias == MANAGED_ALIAS)
            self._keys |= dict.fromkeys((alias, base + alias, key_id, key.arn), key)

    def find(self, key_id: str) -> Key:
        """The key behind an id, an alias or an ARN of either; raises Refusal as KMS words it."""
        if found := self._keys.get(key_id):
            return found
        if "alias/" in key_id:
            said = f"Alias {self._base}{key_id.removeprefix(self._base)} is not found."
        else:
            said = (
                f"Key '{self._base}key/{key_id.removeprefix(self._base).removeprefix('key/')}' does not exist"
            )
        raise Refusal("InvalidKeyId", f"{said} {_from_kms('NotFoundException')}")


def denied(sentence: str) -> Refusal:
    """KMS's own denial, as Parameter Store hands it on."""
    return Refusal("AccessDeniedException", f"{sentence} {_from_kms('AccessDeniedException')}")


def _from_kms(code: str) -> str:
    return f"(Service: AWSKMS; Status Code: 400; Error Code: {code}; Request ID: {uuid4()}; Proxy: null)"

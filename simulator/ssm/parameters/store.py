"""One Parameter Store: what its operations share, and the permission each of them needs."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.clock import Clock
from simulator.ssm.access.principals import Decision, Principal, refusal
from simulator.ssm.parameters.keys import MANAGED_ALIAS, Keys, denied
from simulator.ssm.parameters.model import Catalog, Parameter, Version
from simulator.ssm.parameters.names import Asked, Place
from simulator.ssm.parameters.paging import Pages
from simulator.ssm.parameters.refusals import Refusal, not_found
from simulator.ssm.parameters.tiers import STANDARD
from simulator.ssm.parameters.values import Values


@dataclass(slots=True)
class Store:
    """`writing` is held by whoever changes the catalog and the values together."""

    place: Place
    values: Values
    keys: Keys
    clock: Clock
    catalog: Catalog = field(default_factory=Catalog)
    pages: Pages = field(default_factory=Pages)
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def find(self, asked: Asked) -> Parameter | None:
        return self.catalog.parameters.get(asked.key)

    def the(self, asked: Asked) -> Parameter:
        """The parameter; raises Refusal when there is none."""
        if (found := self.find(asked)) is None:
            raise not_found()
        return found


@dataclass(frozen=True, slots=True)
class Call:
    """One valid request and who makes it; every `may` raises Refusal where a policy does not let it pass."""

    store: Store
    principal: Principal
    action: str
    request: Mapping[str, Any]

    def may(self, *names: Asked, action: str = "", extra: Mapping[str, Iterable[str]] | None = None) -> None:
        """The operation on these parameters."""
        for asked in names:
            self.may_on(self.store.place.arn(asked.name), self._tags(asked), action=action, extra=extra)

    def may_on(
        self,
        resource: str,
        tags: Mapping[str, str] | None = None,
        *,
        action: str = "",
        extra: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        """The operation on one resource."""
        name = f"ssm:{action or self.action}"
        context: dict[str, tuple[str, ...]] = {"aws:requestedregion": (self.store.place.region,)}
        for key, value in (tags or {}).items():
            context |= {f"{prefix}:resourcetag/{key}".lower(): (value,) for prefix in ("aws", "ssm")}
        context |= {key.lower(): tuple(values) for key, values in (extra or {}).items()}
        decision = self.principal.decide(name, resource, context)
        if decision is not Decision.ALLOWED:
            raise Refusal("AccessDeniedException", refusal(self.principal, name, resource, decision))

    def may_decrypt(self, parameter: Parameter, version: Version) -> None:
        if version.secure:
            self._may_use(
                "kms:Decrypt", parameter.name, version.key_id, "the resource associated with this ciphertext"
            )

    def may_encrypt(self, name: str, version: Version) -> None:
        if version.secure:
            action = "kms:Encrypt" if version.tier == STANDARD else "kms:GenerateDataKey"
            self._may_use(action, name, version.key_id)

    def _may_use(self, action: str, name: str, key_id: str, said: str = "") -> None:
        key = self.store.keys.find(key_id or MANAGED_ALIAS)
        place = self.store.place
        context = {
            "kms:viaservice": (f"ssm.{place.region}.amazonaws.com",),
            "kms:calleraccount": (place.account,),
            "kms:encryptioncontext:parameter_arn": (place.arn(name),),
        }
        decision = self.principal.decide(action, key.arn, context)
        if decision is Decision.DENIED or (decision is Decision.NOT_ALLOWED and not key.managed):
            sentence = refusal(self.principal, action, key.arn, decision)
            raise denied(sentence.replace(f"on resource: {key.arn}", f"on {said}") if said else sentence)

    def _tags(self, asked: Asked) -> Mapping[str, str]:
        found = self.store.find(asked)
        return found.tags if found else {}

"""What a store says about itself, whom it serves, and the credentials it names."""

import base64
import re
from dataclasses import dataclass

from simulator.controllers.api import Api
from simulator.controllers.external_secrets.parameters import Access
from simulator.controllers.informer import Informer
from simulator.controllers.kinds import SECRET, Object, labels_of, name_of, namespace_of

SERVICE = "ParameterStore"


class StoreError(Exception):
    """The store cannot be used; the text is fit for an Event."""


class InvalidStore(StoreError):
    """Its specification is wrong, whatever the cluster holds."""


def serves(store: Object, namespace: Object) -> bool:
    """Whether one of the conditions of a ClusterSecretStore fits the namespace; it serves all without any."""
    conditions = store["spec"].get("conditions") or []
    return not conditions or any(_fits(each, namespace) for each in conditions)


def _fits(condition: Object, namespace: Object) -> bool:
    name, labels = name_of(namespace), labels_of(namespace)
    if name in (condition.get("namespaces") or ()):
        return True
    if any(re.search(pattern, name) for pattern in condition.get("namespaceRegexes") or ()):
        return True
    selector = condition.get("namespaceSelector")
    return selector is not None and (selector.get("matchLabels") or {}).items() <= labels.items()


def configuration(store: Object) -> Object:
    """The provider section; raises InvalidStore."""
    provider = store["spec"].get("provider") or {}
    aws = provider.get("aws")
    if aws is None:
        named = ", ".join(sorted(provider)) or "none"
        raise InvalidStore(f"only the provider aws is served by this controller, found: {named}")
    if aws.get("service") != SERVICE:
        raise InvalidStore(f"unknown AWS service {aws.get('service')!r}: only {SERVICE} is served")
    if not aws.get("region"):
        raise InvalidStore("spec.provider.aws.region is required")
    return dict(aws)


@dataclass(frozen=True, slots=True)
class Held:
    """The Secrets of the cluster: one that is not at hand yet is asked for."""

    api: Api
    seen: Informer

    async def find(self, name: str, namespace: str) -> Object | None:
        return self.seen.get(name, namespace) or await self.api.find(SECRET, name, namespace)


async def access(held: Held, store: Object, namespace: str) -> Access:
    """The resolved credentials; `namespace` is that of the ExternalSecret. Raises StoreError."""
    aws = configuration(store)
    reference = (aws.get("auth") or {}).get("secretRef")
    if reference is None:
        raise StoreError("no EC2 IMDS role found: auth.secretRef is the authentication served here")

    async def read(part: Object) -> str:
        home = namespace_of(store) or str(part.get("namespace") or namespace)
        return _value(await held.find(part["name"], home), part, home)

    key_id = await read(reference["accessKeyIDSecretRef"])
    secret_key = await read(reference["secretAccessKeySecretRef"])
    session = reference.get("sessionTokenSecretRef")
    return Access(str(aws["region"]), key_id, secret_key, await read(session) if session else None)


def _value(secret: Object | None, reference: Object, home: str) -> str:
    if secret is None:
        raise StoreError(
            f'cannot get Kubernetes secret "{reference["name"]}" from namespace "{home}": '
            f'secrets "{reference["name"]}" not found'
        )
    encoded = (secret.get("data") or {}).get(reference["key"])
    if encoded is None:
        raise StoreError(f'cannot find secret data for key: "{reference["key"]}"')
    return base64.b64decode(encoded).decode().strip()

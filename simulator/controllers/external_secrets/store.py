"""What a store says about itself, and the credentials it names."""

import base64

from simulator.controllers.api import Api
from simulator.controllers.external_secrets.parameters import Access
from simulator.controllers.kinds import SECRET, Object, namespace_of

SERVICE = "ParameterStore"


class StoreError(Exception):
    """The store cannot be used; the text is fit for an Event."""


class InvalidStore(StoreError):
    """Its specification is wrong, whatever the cluster holds."""


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


async def access(api: Api, store: Object, namespace: str) -> Access:
    """The resolved credentials; `namespace` is that of the ExternalSecret. Raises StoreError."""
    aws = configuration(store)
    reference = (aws.get("auth") or {}).get("secretRef")
    if reference is None:
        raise StoreError("no EC2 IMDS role found: auth.secretRef is the authentication served here")
    own = namespace_of(store)
    key_id = await _value(api, reference["accessKeyIDSecretRef"], own, namespace)
    secret_key = await _value(api, reference["secretAccessKeySecretRef"], own, namespace)
    session = reference.get("sessionTokenSecretRef")
    token = await _value(api, session, own, namespace) if session else None
    return Access(str(aws["region"]), key_id, secret_key, token)


async def _value(api: Api, reference: Object, own: str, namespace: str) -> str:
    home = own or reference.get("namespace") or namespace
    secret = await api.find(SECRET, reference["name"], home)
    if secret is None:
        raise StoreError(
            f'cannot get Kubernetes secret "{reference["name"]}" from namespace "{home}": '
            f'secrets "{reference["name"]}" not found'
        )
    encoded = (secret.get("data") or {}).get(reference["key"])
    if encoded is None:
        raise StoreError(f'cannot find secret data for key: "{reference["key"]}"')
    return base64.b64decode(encoded).decode().strip()

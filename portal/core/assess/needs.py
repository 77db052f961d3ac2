"""What a spec makes a tenant need, by the names the tenant template gives them."""

from portal.core.names import parameter_name, platform_parameter
from portal.core.observed import Needs
from portal.core.required import (
    DATABASE_KEYS,
    JWT_KEYS,
    REGISTRY_KEYS,
    required_parameters,
    service_secret_keys,
)
from portal.core.spec import EffectiveSpec


def needs_of(spec: EffectiveSpec, prefix: str) -> Needs:
    """Parameters, ExternalSecrets, database, cache and the rest of one service in one environment."""

    def own(keys: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(parameter_name(prefix, spec.environment, spec.service, key) for key in keys)

    secrets: dict[str, tuple[str, ...]] = {}
    if spec.database:
        secrets[f"{spec.service}-db"] = own(DATABASE_KEYS)
    if spec.jwt:
        secrets[f"{spec.service}-jwt"] = own(JWT_KEYS)
    if service_secret_keys(spec):
        secrets[f"{spec.service}-secrets"] = own(service_secret_keys(spec))
    if spec.pull_secret:
        secrets[spec.pull_secret] = tuple(
            platform_parameter(prefix, spec.environment, "ghcr", key) for key in REGISTRY_KEYS
        )
    return Needs(
        namespace=spec.namespace,
        database=spec.database.name if spec.database else "",
        role=spec.role if spec.database else "",
        parameters=tuple(found.name for found in required_parameters(spec, prefix)),
        secrets=secrets,
        cache=spec.cache.name if spec.cache else "",
        provider=spec.storage.provider if spec.storage else "",
        bucket=spec.storage.bucket if spec.storage else "",
        auth=bool(spec.auth),
        pull_secret=spec.pull_secret,
    )

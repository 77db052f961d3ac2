"""Which parameters a tenant needs in Parameter Store, and where the value of each comes from."""

from dataclasses import dataclass
from enum import StrEnum

from portal.core.names import parameter_name, platform_parameter
from portal.core.spec.model import EffectiveSpec


class Origin(StrEnum):
    """Who makes the value of a parameter."""

    DATABASE = "database"
    JWT = "jwt"
    AUTH = "auth"
    INPUT = "input"
    PLATFORM_INPUT = "platform-input"


@dataclass(frozen=True, slots=True)
class RequiredParameter:
    """`key` is unique within a tenant and names the input of a value that is asked for."""

    key: str
    name: str
    origin: Origin


DATABASE_KEYS = ("database_url", "direct_url")
JWT_KEYS = ("jwt_private_key", "jwt_public_key", "jwt_key_id")
AUTH_KEYS = ("neon_auth_url",)
STORAGE_KEYS = ("storage_access_key_id", "storage_secret_access_key")
REGISTRY_KEYS = ("username", "password")


def service_secret_keys(spec: EffectiveSpec) -> tuple[str, ...]:
    """Keys of the Secret `<service>-secrets`, in the order they stand in it."""
    auth = AUTH_KEYS if spec.auth else ()
    return (*spec.secrets, *auth, *(STORAGE_KEYS if spec.storage else ()))


def required_parameters(spec: EffectiveSpec, prefix: str) -> tuple[RequiredParameter, ...]:
    """In the order they are written: the database's, the key pair's, asked ones, the registry's."""

    def own(keys: tuple[str, ...], origin: Origin) -> tuple[RequiredParameter, ...]:
        return tuple(
            RequiredParameter(key, parameter_name(prefix, spec.environment, spec.service, key), origin)
            for key in keys
        )

    registry = tuple(
        RequiredParameter(
            f"ghcr_{key}", platform_parameter(prefix, spec.environment, "ghcr", key), Origin.PLATFORM_INPUT
        )
        for key in REGISTRY_KEYS
    )
    return (
        *(own(DATABASE_KEYS, Origin.DATABASE) if spec.database else ()),
        *(own(JWT_KEYS, Origin.JWT) if spec.jwt else ()),
        *(own(AUTH_KEYS, Origin.AUTH) if spec.auth else ()),
        *own(spec.secrets, Origin.INPUT),
        *(own(STORAGE_KEYS, Origin.INPUT) if spec.storage else ()),
        *(registry if spec.pull_secret else ()),
    )

"""What can be rotated, by the word a person types, and what it comes to in parameters and Secrets."""

from dataclasses import dataclass

from portal.core.required import DATABASE_KEYS, JWT_KEYS, Origin, RequiredParameter, required_parameters
from portal.core.rotation import DATABASE, JWT
from portal.core.spec import EffectiveSpec
from portal.errors import UsageError

_WORDS = {
    DATABASE: DATABASE,
    JWT: JWT,
    **dict.fromkeys(DATABASE_KEYS, DATABASE),
    **dict.fromkeys(JWT_KEYS, JWT),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """`items` are the parameters that change as one, `secret` the ExternalSecret that reads them; `shared`
    where other tenants of the environment read them too.
    """

    name: str
    items: tuple[RequiredParameter, ...]
    secret: str
    shared: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Full names of the parameters."""
        return tuple(item.name for item in self.items)


def subject_of(spec: EffectiveSpec, prefix: str, key: str) -> Subject:
    """Raises UsageError for a word that names no credential of the service."""
    wanted = required_parameters(spec, prefix)
    name = _WORDS.get(key, key)
    if name in {DATABASE, JWT}:
        origin = Origin.DATABASE if name == DATABASE else Origin.JWT
        items = tuple(item for item in wanted if item.origin is origin)
        secret = f"{spec.service}-{'db' if name == DATABASE else 'jwt'}"
    else:
        items = tuple(
            item
            for item in wanted
            if item.key == name and item.origin in {Origin.INPUT, Origin.PLATFORM_INPUT}
        )
        secret = f"{spec.service}-secrets"
    if not items:
        raise UsageError(
            f"{spec.tenant} has no credential {key!r}", hint=f"It has: {', '.join(_known(spec, prefix))}"
        )
    shared = items[0].origin is Origin.PLATFORM_INPUT
    return Subject(name, items, spec.pull_secret if shared else secret, shared)


def _known(spec: EffectiveSpec, prefix: str) -> list[str]:
    asked = (
        item.key
        for item in required_parameters(spec, prefix)
        if item.origin in {Origin.INPUT, Origin.PLATFORM_INPUT}
    )
    return [*([DATABASE] if spec.database else []), *([JWT] if spec.jwt else []), *asked]

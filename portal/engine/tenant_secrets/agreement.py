"""Parameter Store against the Secrets of the cluster, value by value, without telling either."""

import base64
import binascii
from collections.abc import Iterator, Mapping

from portal.core.cluster import Resource
from portal.core.comparing import Compared, Match, match, registry_login
from portal.core.facets import TenantKey
from portal.core.names import parameter_name
from portal.core.objects.meta import strings
from portal.core.parameters import ParameterValue
from portal.core.pushing import key_of
from portal.core.required import JWT_KEYS
from portal.core.secrets import Secret
from portal.engine.audited import Deed, audited
from portal.engine.retry import reading
from portal.engine.tenant_secrets.sync import Copy, copies, refuse_unknown_environment
from portal.engine.world import Ports
from portal.errors import AccessDenied, NotFound, PortalError, RefusedError

SECRETS = Resource("", "v1", "secrets", "Secret")
COMPARER = "bind manifests/rbac/comparer.yaml in its namespace"
_DOCKER = ".dockerconfigjson"


async def compare(ports: Ports, tenant: TenantKey) -> tuple[Compared, ...]:
    """One row for each copy, and one for a key pair; raises RefusedError where nothing is copied at all.

    A Secret that may not be read is UNKNOWN. The key of the digests is drawn anew for each call.
    """
    refuse_unknown_environment(ports, tenant)
    found = await copies(ports, tenant)
    if not found:
        raise RefusedError(
            f"no ExternalSecret copies a parameter of {tenant}",
            system="kubernetes",
            operation="compare",
            target=str(tenant),
            hint=f"Look where its chain ends: portal trace {tenant}",
        )
    run_key = bytes.fromhex(ports.keys.token() + ports.keys.token())
    names = sorted({copy.parameter for copy in found} | set(_pair_names(ports, tenant)))
    async with audited(ports, Deed("compare", str(tenant), str(tenant))):
        values = await reading(lambda: ports.parameters.get(names), clock=ports.clock, jitter=ports.jitter)
        secrets = {copy.secret: await _secret(ports, tenant, copy) for copy in found}
    rows = [_row(copy, values.get(copy.parameter), secrets[copy.secret], run_key) for copy in found]
    return (*sorted(rows, key=lambda row: (row.parameter, row.secret)), *await _pair(ports, tenant, values))


async def _secret(ports: Ports, tenant: TenantKey, copy: Copy) -> Mapping[str, Secret] | PortalError:
    """The decoded values of one Secret, or why there are none."""
    namespace, _, name = copy.secret.partition("/")
    try:
        item = await reading(
            lambda: ports.cluster_of(tenant.environment).get(SECRETS, name, namespace=namespace),
            clock=ports.clock,
            jitter=ports.jitter,
        )
    except (AccessDenied, NotFound) as error:
        return error
    return dict(_decoded(strings(item, "data")))


def _decoded(data: Mapping[str, str]) -> Iterator[tuple[str, Secret]]:
    for key, text in data.items():
        try:
            yield key, Secret(base64.b64decode(text, validate=True).decode(errors="surrogateescape"))
        except binascii.Error:
            continue


def _row(
    copy: Copy, value: ParameterValue | None, held: Mapping[str, Secret] | PortalError, run_key: bytes
) -> Compared:
    key = key_of(copy.parameter)
    version = value.version if value else 0
    where = f"{copy.secret}:{copy.key}"

    def told(result: Match, detail: str = "") -> Compared:
        return Compared(key, copy.parameter, version, where, result, detail)

    if isinstance(held, AccessDenied):
        return told(Match.UNKNOWN, f"not allowed to get Secret {copy.secret}; {COMPARER}")
    if isinstance(held, PortalError):
        return told(Match.ABSENT, f"Secret {copy.secret} does not exist")
    if value is None:
        return told(Match.ABSENT, "the parameter does not exist")
    if copy.templated:
        held = registry_login(held[_DOCKER]) if _DOCKER in held else {}
        if copy.key not in held:
            return told(Match.UNKNOWN, "the Secret is made from it by a template")
    if copy.key not in held:
        return told(Match.ABSENT, f"Secret {copy.secret} has no key {copy.key}")
    return told(*match(value.value, held[copy.key], run_key))


def _pair_names(ports: Ports, tenant: TenantKey) -> tuple[str, ...]:
    prefix = ports.settings.platform.parameter_prefix
    return tuple(parameter_name(prefix, tenant.environment, tenant.service, key) for key in JWT_KEYS)


async def _pair(
    ports: Ports, tenant: TenantKey, values: Mapping[str, ParameterValue]
) -> tuple[Compared, ...]:
    """Whether the public key and the key id are those of the private key."""
    private, public, key_id = _pair_names(ports, tenant)
    if private not in values:
        return ()
    try:
        derived = await ports.keys.public_of(values[private].value)
    except PortalError as error:
        return (Compared(JWT_KEYS[0], private, values[private].version, "", Match.UNKNOWN, error.cause),)
    wanted = {public: derived.public_pem, key_id: Secret(derived.key_id)}
    odd = [
        name.rpartition("/")[2]
        for name, value in wanted.items()
        if name in values and not values[name].value.map(str.strip).same_as(value.map(str.strip))
    ]
    detail = f"{' and '.join(odd)} do not belong to it" if odd else "its public key and key id belong to it"
    result = Match.DIFFERS if odd else Match.SAME
    return (Compared(JWT_KEYS[0], private, values[private].version, "", result, detail),)

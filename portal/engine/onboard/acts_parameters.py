"""The Parameter Store and storage steps: created once, read back, never overwritten."""

from collections.abc import Mapping

from portal.core.parameters import MANAGED_BY, ParameterValue
from portal.core.required import Origin, RequiredParameter, required_parameters
from portal.core.secrets import Secret
from portal.engine.onboard.credentials import connection_string
from portal.engine.onboard.run import Run
from portal.errors import Protocol, RefusedError
from portal.ports import KeyPair

Data = Mapping[str, str | int]
_JWKS_PATH = "/.well-known/jwks.json"


async def create_parameter(run: Run, key: str) -> Data:
    """One parameter of the tenant or of its environment's platform."""
    item = next(item for item in _wanted(run) if item.key == key)
    value = await _value(run, item)
    shared = item.origin is Origin.PLATFORM_INPUT
    standing = await _create(run, item, value)
    if not shared and not standing.value.same_as(value):
        raise _other_value(item.name)
    return {"parameter": item.name, "version": standing.version}


async def create_key_pair(run: Run) -> Data:
    """Private key first; the other two are derived from whichever private key stands."""
    private, public, key_id = [item for item in _wanted(run) if item.origin is Origin.JWT]
    found = await run.read(lambda: run.ports.parameters.get([private.name, public.name, key_id.name]))
    pair = await _pair(run, private, found)
    for item, value in ((public, pair.public_pem), (key_id, Secret(pair.key_id))):
        standing = found.get(item.name) or await _create(run, item, value)
        if _stripped(standing.value) != _stripped(value):
            raise RefusedError(
                f"{item.name} does not belong to {private.name}",
                system="ssm",
                hint="One of the two was changed by hand. Rotate the key pair as a whole.",
            )
    return {"parameter": private.name, "key_id": pair.key_id}


async def create_bucket(run: Run) -> Data:
    """The bucket the specification names."""
    storage, wanted = run.ports.storage, run.spec.storage
    provider, bucket = (wanted.provider, wanted.bucket) if wanted else ("", "")

    async def look() -> str | None:
        return bucket if await storage.bucket_exists(provider, bucket) else None

    async def act() -> str:
        await storage.create_bucket(provider, bucket)
        return bucket

    await run.ensure(look, act)
    await run.confirm(look, f"bucket {bucket}")
    return {"bucket": bucket}


def _wanted(run: Run) -> tuple[RequiredParameter, ...]:
    return required_parameters(run.spec, run.seen.prefix)


async def _value(run: Run, item: RequiredParameter) -> Secret:
    if item.origin is Origin.DATABASE and run.login is not None:
        return run.login.values[item.key]
    if item.origin is Origin.DATABASE:
        through_pooler = (
            item.key == "database_url" and run.spec.database is not None and run.spec.database.pooled
        )
        return await connection_string(run, pooled=through_pooler)
    if item.origin is Origin.AUTH:
        return Secret(await _auth_address(run))
    return run.inputs[item.key]


async def _auth_address(run: Run) -> str:
    auth = run.auth or await run.read(lambda: run.ports.neon.auth(run.project, run.branch))
    if auth is None:
        raise Protocol("Neon Auth is not enabled after it was enabled", system="neon", operation="auth")
    return auth.base_url or auth.jwks_url.removesuffix(_JWKS_PATH)


async def _pair(run: Run, private: RequiredParameter, found: Mapping[str, ParameterValue]) -> KeyPair:
    keys = run.ports.keys
    standing = found.get(private.name)
    if standing is None and found:
        raise RefusedError(f"{', '.join(sorted(found))} exists without {private.name}", system="ssm")
    if standing is not None:
        return await keys.public_of(standing.value)
    made = await keys.generate(run.spec.jwt.algorithm if run.spec.jwt else "")
    standing = await _create(run, private, made.private_pem)
    return made if standing.value.same_as(made.private_pem) else await keys.public_of(standing.value)


async def _create(run: Run, item: RequiredParameter, value: Secret) -> ParameterValue:
    """What stands after a create: ours, or what somebody wrote first."""
    parameters, spec = run.ports.parameters, run.spec
    shared = item.origin is Origin.PLATFORM_INPUT
    tags = {
        **dict([MANAGED_BY]),
        "service": "platform" if shared else spec.service,
        "environment": spec.environment,
    }

    async def look() -> ParameterValue | None:
        return (await parameters.get([item.name])).get(item.name)

    async def act() -> ParameterValue:
        return ParameterValue(item.name, await parameters.create(item.name, value, tags=tags), value)

    await run.ensure(look, act, look_first=False)
    return await run.confirm(look, item.name)


def _stripped(value: Secret) -> Secret:
    """Without white space at the ends, which some writers add to PEM texts."""
    return value.map(str.strip)


def _other_value(name: str) -> RefusedError:
    return RefusedError(
        "holds another value than this run would write; it is not overwritten",
        system="ssm",
        operation="create",
        target=name,
        hint="Somebody wrote it in the meantime. Look at it, then plan again.",
    )

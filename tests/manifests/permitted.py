"""The portal at work on a Parameter Store and an object storage that hold it to the shipped policies."""

import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from portal.adapters.ssm import ParameterStore
from portal.adapters.storage import ObjectStores
from portal.adapters.threads import Threads
from portal.core.secrets import Secret
from portal.core.spec import ServiceSpec, from_mapping
from portal.engine.initialise import initialise
from portal.engine.tenant_secrets import history, push
from portal.errors import AccessDenied, RefusedError
from portal.settings import AwsSettings, HetznerSettings, NeonSettings, PlatformSettings
from simulator.ssm.access.policy import EVERYTHING, Policy, parse
from simulator.ssm.access.principals import Credential, Principal
from tests.core.specs import document
from tests.engine.fakes import World
from tests.engine.scenes import Machine, settings
from tests.manifests.rendering import MANIFESTS
from tests.simulator.ssm.storages import S3, Storage
from tests.simulator.ssm.stores import ADMIN, ARN, CUSTOMER_KEY, KEY_ID, SECRET, Server

Document = Mapping[str, Any]
Work = Callable[[Machine], Awaitable[None]]
OWNERS_KEY = "LKIA" + "O" * 16
(KMS_KEY,) = CUSTOMER_KEY
# More than the standard tier holds, so that the key has to make another one.
LONG = "canary-" + "x" * 5000


def shipped(name: str) -> Document:
    """A policy document as it lies in `manifests/iam`."""
    made: Document = json.loads((MANIFESTS / "iam" / f"{name}.json").read_text())
    return made


def policy(found: Document, prefix: str = "zerotouch", environment: str = "dev") -> Policy:
    """Filled in for an environment, on a path of its own where tests share a server."""
    text = json.dumps(found).replace("/zerotouch/", f"/{prefix}/")
    return parse(text, {"environment": environment})


@dataclass(frozen=True, slots=True)
class Place:
    """Both services on real sockets, before moto."""

    server: Server
    background: Any
    directory: Path

    @asynccontextmanager
    async def machine(self, *documents: Document, other: str = "") -> AsyncIterator[Machine]:
        """An operator who carries these policies, and otherwise plain fakes. `other` is a parameter that
        stands below the prefix already.
        """
        prefix = f"t{uuid.uuid4().hex[:10]}"
        policies = tuple(policy(each, prefix) for each in documents)
        credentials = {KEY_ID: Credential(SECRET, Principal(ARN, policies)), OWNERS_KEY: ADMIN}
        ssm = self.server.store(credentials).url
        s3 = Storage(self.background, self.server.url, S3, credentials).url
        made = Machine(World(), spec=_spec(prefix))
        key = f"/{prefix}/platform/neon_api_key"
        async with Threads(2) as threads:
            owner = ParameterStore(self._aws(ssm, s3, OWNERS_KEY), threads)
            own = ParameterStore(self._aws(ssm, s3, KEY_ID), threads)
            stores = ObjectStores(self._aws(ssm, s3, KEY_ID), HetznerSettings(), threads)
            async with owner, own, stores:
                if other:
                    await owner.create(f"/{prefix}/{other}", Secret("canary-other"), tags={})
                made.ports = replace(
                    made.ports,
                    parameters=own,
                    storage=stores,
                    settings=replace(
                        settings(),
                        platform=PlatformSettings(parameter_prefix=f"/{prefix}"),
                        neon=NeonSettings(api_key_parameter=key),
                    ),
                )
                yield made

    def _aws(self, ssm: str, s3: str, key_id: str) -> AwsSettings:
        """The key of the customer, whose use policies decide; AWS's own needs no permission."""
        credentials, config = self.directory / f"credentials-{key_id}", self.directory / "config"
        config.write_text("[default]\n")
        credentials.write_text(f"[default]\naws_access_key_id = {key_id}\naws_secret_access_key = {SECRET}\n")
        return AwsSettings(
            ssm_endpoint=ssm,
            s3_endpoint=s3,
            kms_key=KMS_KEY,
            config_file=config,
            credentials_file=credentials,
        )


def _spec(prefix: str) -> ServiceSpec:
    found = document(storage={"provider": "s3", "bucket": f"files-{prefix}"})
    return from_mapping(found)


async def initialised(machine: Machine) -> None:
    """The Neon key stored, and looked at again."""
    for _ in range(2):
        await initialise(machine.ports, Secret("canary-neon-key"))


async def onboarded(machine: Machine) -> None:
    """All of an onboarder's work: the key read, a tenant brought to life, a value replaced and told of."""
    ports = machine.ports
    await ports.parameters.get([ports.settings.neon.api_key_parameter])
    machine.world.required = ()
    plan = await machine.plan()
    await machine.apply(plan)
    tenant, values = plan.tenant, {"openai_api_key": Secret("canary-rotated"), "long_value": Secret(LONG)}
    await push(ports, tenant, values, {"openai_api_key": 1}, machine.progress.append)
    assert [len(versions) for versions in (await history(ports, tenant, "openai_api_key")).values()] == [2]


async def breaks(work: Work, machine: Machine) -> bool:
    """Whether the work cannot be done, or leaves its lease behind."""
    try:
        await work(machine)
    except (AccessDenied, RefusedError):
        return True
    name = f"{machine.ports.settings.platform.parameter_prefix}/_locks/dev/identity-service"
    return bool(await machine.ports.parameters.get([name])) if work is onboarded else False


def without(found: Document, statement: int, action: str = "") -> Document:
    """The document less one of its statements, or less one action of it."""
    statements: list[dict[str, Any]] = [dict(each) for each in found["Statement"]]
    if action:
        rest = [each for each in actions(statements[statement]) if each != action]
        statements[statement]["Action"] = rest
    if not action or not statements[statement]["Action"]:
        del statements[statement]
    return {**found, "Statement": statements}


def actions(statement: Document) -> Sequence[str]:
    """The actions of a statement, also where it has one."""
    given = statement["Action"]
    return [given] if isinstance(given, str) else list(given)


def everything_beside(found: Document) -> Principal:
    """Somebody who carries the policy beside one that allows everything."""
    return Principal(ARN, (policy(found), EVERYTHING))

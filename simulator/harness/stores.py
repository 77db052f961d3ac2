"""Parameter Store and object storage behind their gateways, and the files by which clients find them."""

import httpx

from simulator.gateway.s3 import S3
from simulator.gateway.ssm import Ssm
from simulator.harness import aws_backends, clients, permissions
from simulator.harness.aws_backends import Behind
from simulator.harness.ground import FOUNDATIONS, Ground
from simulator.ssm.access.principals import Credentials
from simulator.ssm.account import ACCOUNT
from simulator.ssm.objects import behind as server
from simulator.ssm.objects.buckets import Flavour, aws, ceph
from simulator.ssm.objects.service import ObjectStorage
from simulator.ssm.parameters.names import Place
from simulator.ssm.parameters.service import ParameterStore
from simulator.ssm.parameters.values import Values

PLACE = Place(clients.REGION, ACCOUNT)


async def come_up(ground: Ground) -> str:
    """All accept requests; returns where Parameter Store does."""
    minted = ground.minted
    with ground.phases.phase("ssm and s3", "accepting"):
        parameters, objects = await aws_backends.come_up(ground)
        allowed = permissions.credentials(minted, ground.order.environment)
        callers = minted.aws_callers()
        ssm = await ground.serve(Ssm(callers), await _parameter_store(ground, parameters, allowed))
        s3 = await ground.serve(S3(callers), _storage(ground, objects, allowed, aws(clients.REGION)))
    ground.change("ssm", endpoint=ssm.url)
    ground.change("s3", endpoint=s3.url)
    await _hetzner(ground, objects)
    directory = ground.order.run_dir / "aws"
    config, credentials = clients.write_aws(
        directory,
        minted.portal_key,
        ssm.url,
        s3.url,
        breakglass=minted.breakglass_key,
        viewer=minted.viewer_key,
    )
    admin = clients.write_key(directory / "admin_credentials", minted.admin_key)
    ground.endpoints |= {
        "ssm_url": ssm.url,
        "s3_url": s3.url,
        "aws_region": clients.REGION,
        "aws_config_file": str(config),
        "aws_credentials_file": str(credentials),
        "aws_admin_credentials_file": str(admin),
    }
    return ssm.url


async def _parameter_store(ground: Ground, behind: Behind, credentials: Credentials) -> ParameterStore:
    """AWS's rules and the callers' permissions in front of what keeps the values."""
    transport = httpx.ASGITransport(behind.app)
    client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")
    values = Values(await ground.parts.open("values", client, stage=FOUNDATIONS), clients.REGION)
    store = ParameterStore(values, credentials, ground.clock, PLACE)
    behind.told.append(store.behind)
    return store


def _storage(ground: Ground, behind: Behind, credentials: Credentials, flavour: Flavour) -> ObjectStorage:
    """One storage of several that may share what keeps the objects."""
    keeper = server.Behind(behind.app, clients.REGION, ACCOUNT)
    storage = ObjectStorage(keeper, credentials, ground.clock, flavour)
    behind.told.append(storage.behind)
    return storage


async def _hetzner(ground: Ground, objects: Behind) -> None:
    """A storage of its own, with a key of its own, beside S3."""
    minted = ground.minted
    storage = _storage(ground, objects, permissions.hetzner_credentials(minted), ceph(clients.HETZNER_REGION))
    listener = await ground.serve(S3(minted.hetzner_callers(), name=clients.HETZNER), storage)
    directory = ground.order.run_dir / clients.HETZNER
    directory.mkdir(mode=0o700, exist_ok=True)
    ground.change(clients.HETZNER, endpoint=listener.url)
    ground.endpoints |= {
        "hetzner_url": listener.url,
        "hetzner_region": clients.HETZNER_REGION,
        "hetzner_credentials_file": str(clients.write_key(directory / "credentials", minted.hetzner_key)),
    }

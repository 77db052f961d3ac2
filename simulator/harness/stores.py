"""Parameter Store and object storage behind their gateways, and the AWS files that name them."""

import httpx

from simulator.gateway.s3 import S3
from simulator.gateway.ssm import Ssm
from simulator.harness import aws_backends, clients, permissions
from simulator.harness.aws_backends import Behind
from simulator.harness.ground import FOUNDATIONS, Ground
from simulator.ssm.account import ACCOUNT
from simulator.ssm.parameters.names import Place
from simulator.ssm.parameters.service import ParameterStore
from simulator.ssm.parameters.values import Values

PLACE = Place(clients.REGION, ACCOUNT)


async def come_up(ground: Ground) -> str:
    """Both accept requests; returns where Parameter Store does."""
    minted = ground.minted
    with ground.phases.phase("ssm and s3", "accepting"):
        parameters, objects = await aws_backends.come_up(ground)
        callers = minted.aws_callers()
        ssm = await ground.serve(Ssm(callers), await _parameter_store(ground, parameters))
        s3 = await ground.serve(S3(callers), objects.app)
    directory = ground.order.run_dir / "aws"
    config, credentials = clients.write_aws(directory, minted.portal_key, ssm.url, s3.url)
    ground.endpoints |= {
        "ssm_url": ssm.url,
        "s3_url": s3.url,
        "aws_region": clients.REGION,
        "aws_config_file": str(config),
        "aws_credentials_file": str(credentials),
        "aws_admin_credentials_file": str(
            clients.write_key(directory / "admin_credentials", minted.admin_key)
        ),
    }
    ground.change("ssm", endpoint=ssm.url)
    ground.change("s3", endpoint=s3.url)
    return ssm.url


async def _parameter_store(ground: Ground, behind: Behind) -> ParameterStore:
    """AWS's rules and the callers' permissions in front of what keeps the values."""
    transport = httpx.ASGITransport(behind.app)
    client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")
    store = ParameterStore(
        Values(await ground.parts.open("values", client, stage=FOUNDATIONS), clients.REGION),
        permissions.credentials(ground.minted, ground.order.environment),
        ground.clock,
        PLACE,
    )
    behind.told.append(store.behind)
    return store

"""Parameter Store and object storage: moto behind two gateways, and the AWS files that name them."""

from importlib.metadata import version

from simulator.gateway.s3 import S3
from simulator.gateway.ssm import Ssm
from simulator.gateway.upstream import HttpUpstream
from simulator.harness import clients
from simulator.harness.backend import Backend
from simulator.harness.ground import ACTORS, BACKENDS, Ground, client
from simulator.ssm import moto


async def come_up(ground: Ground) -> str:
    """Both accept requests; returns where Parameter Store does."""
    parts = ground.parts
    with ground.phases.phase("ssm and s3", "accepting"):
        child = await parts.open(
            "moto", moto.running(ground.log("moto.log"), home=ground.home), stage=BACKENDS
        )
        parts.run("moto", child.watch(), stage=ACTORS)
        upstream = HttpUpstream(child.url, await parts.open("moto client", client(), stage=BACKENDS))
        callers = ground.minted.aws_callers()
        ssm = await ground.serve(Ssm(callers), upstream)
        s3 = await ground.serve(S3(callers), upstream)
    config, credentials = clients.write_aws(
        ground.order.run_dir / "aws", ground.minted.portal_key, ssm.url, s3.url
    )
    ground.endpoints |= {
        "ssm_url": ssm.url,
        "s3_url": s3.url,
        "aws_region": clients.REGION,
        "aws_config_file": str(config),
        "aws_credentials_file": str(credentials),
    }
    for name, real, url in (("ssm", "AWS SSM Parameter Store", ssm.url), ("s3", "AWS S3", s3.url)):
        ground.backends.append(
            Backend(name, "moto", real, version=version("moto"), endpoint=url, pid=child.pid)
        )
    return ssm.url

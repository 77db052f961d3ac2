"""Object storages on real sockets in front of one moto, and boto3 clients of them."""

from typing import Any

import httpx
from botocore.config import Config

from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.gateway.upstream import HttpUpstream
from simulator.ssm.access.principals import Credentials
from simulator.ssm.objects.behind import Behind
from simulator.ssm.objects.buckets import Flavour, aws, ceph
from simulator.ssm.objects.service import ObjectStorage
from tests.simulator.ssm.background import Background
from tests.simulator.ssm.stores import ACCOUNT, ADMIN, KEY_ID, REGION, SECRET, session_of

FSN1 = "fsn1"
S3, HETZNER = aws(REGION), ceph(FSN1)


class Storage:
    """One storage and where it listens."""

    def __init__(
        self, background: Background, moto: str, flavour: Flavour, credentials: Credentials | None = None
    ) -> None:
        client = background.enter(lambda: httpx.AsyncClient(trust_env=False))
        behind = Behind(HttpUpstream(moto, client), REGION, ACCOUNT)
        self.app = ObjectStorage(behind, credentials or {KEY_ID: ADMIN}, WallClock(), flavour)
        self.url = background.enter(lambda: serve(self.app)).url
        self.region = flavour.region

    def client(self, *, style: str = "path", **given: str) -> Any:
        """boto3 without repetition or configuration of the machine."""
        session = session_of(
            given.get("key_id", KEY_ID), given.get("secret", SECRET), given.get("region", self.region)
        )
        config = Config(
            retries={"total_max_attempts": 1}, s3={"addressing_style": style}, parameter_validation=False
        )
        return session.client("s3", endpoint_url=given.get("url", self.url), config=config)

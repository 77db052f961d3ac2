"""Parameter Stores on real sockets in front of one moto, and boto3 clients of them."""

import uuid
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import create_loader
from botocore.session import Session

from simulator.backends.serving import Listener, serve
from simulator.clock import Clock, WallClock
from simulator.ssm.access.policy import EVERYTHING, Policy
from simulator.ssm.access.principals import Credential, Principal
from simulator.ssm.parameters.names import Place
from simulator.ssm.parameters.service import ParameterStore
from simulator.ssm.parameters.throughput import Throughput
from simulator.ssm.parameters.values import Values
from tests.simulator.ssm.background import Background

REGION, ACCOUNT = "ap-south-1", "123456789012"
PLACE = Place(REGION, ACCOUNT)
KEY_ID, SECRET = "LKIA" + "T" * 16, "canary-secret-access-key"
ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/tester/session"
UNLIMITED = Throughput(shared=1e9, others=1e9)
CUSTOMER_KEY = {"alias/tenants": "0f9b04ee-ab13-4f35-a2b2-d0902bfe6a1e"}
ADMIN = Credential(SECRET, Principal(ARN, (EVERYTHING,)))


class Server:
    """Where moto or LocalStack answers, and the loop on which stores in front of it run."""

    def __init__(self, background: Background, url: str) -> None:
        self._background = background
        self.url = url

    def store(
        self,
        credentials: Mapping[str, Credential] | None = None,
        *,
        throughput: Throughput = UNLIMITED,
        clock: Clock | None = None,
    ) -> "Store":
        """A store with no parameter in it; others use the server too, so names are to be its own."""
        client = self._background.enter(lambda: httpx.AsyncClient(base_url=self.url, trust_env=False))
        app = ParameterStore(
            Values(client, REGION),
            credentials or {KEY_ID: ADMIN},
            clock or WallClock(),
            PLACE,
            throughput=throughput,
            keys=CUSTOMER_KEY,
        )
        return Store(self._background.enter(lambda: serve(app)), app)


class Store:
    """One store and where it listens."""

    def __init__(self, listener: Listener, app: ParameterStore) -> None:
        self.url = listener.url
        self.app = app

    def client(self, **credentials: str) -> AbstractContextManager[Any]:
        return closing(client(self.url, **credentials))


@cache
def _loader() -> Any:
    return create_loader()


def session_of(key_id: str, secret: str, region: str = REGION) -> Any:
    """A session of boto3; descriptions of services are read once for all of them."""
    core = Session()
    core.register_component("data_loader", _loader())
    return boto3.session.Session(key_id, secret, region_name=region, botocore_session=core)


def client(url: str, *, key_id: str = KEY_ID, secret: str = SECRET, region: str = REGION) -> Any:
    """boto3 without repetition, configuration of the machine, or checks of its own before sending."""
    session = session_of(key_id, secret)
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    return session.client("ssm", endpoint_url=url, region_name=region, config=config)


def carrying(*policies: Policy, expires_at: datetime | None = None) -> dict[str, Credential]:
    """The tester with other policies than everything."""
    return {KEY_ID: Credential(SECRET, Principal(ARN, policies, expires_at))}


def refused(call: Any, **arguments: Any) -> tuple[str, str]:
    """Code and message of the error a call must meet."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    raise AssertionError("the call was not refused")


def unique(word: str = "t") -> str:
    """A path no other test uses."""
    return f"/{word}-{uuid.uuid4().hex[:12]}"


def names(parameters: Sequence[Mapping[str, Any]]) -> list[str]:
    return [str(each["Name"]) for each in parameters]


def now() -> datetime:
    return datetime.now(UTC)

"""What the adapters of AWS share: one client per service, its calls on private threads, its errors by code.

The SDK's names are handed in by the adapters that own it.
"""

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from portal.adapters.attempts import SharedAttempt
from portal.adapters.aws_failures import AwsCall, bad_shape, from_answer, no_answer, no_credentials, not_valid
from portal.adapters.loopback import is_loopback
from portal.adapters.threads import Threads
from portal.errors import AccessDenied, RemoteError
from portal.ports import Traffic
from portal.settings import AwsSettings

_OPEN_SECONDS = 30.0
_CONNECT_SECONDS = 5.0
_LOUD = ("boto3", "botocore", "urllib3", "s3transfer")
_OUTSIDE_FILES = ("ec2-credentials-file", "boto-config", "container-role", "iam-role")


@dataclass(frozen=True, slots=True)
class Sdk:
    """The SDK's classes. `answered` carries a service's error, `refused` are credential faults found here,
    `invalid` calls that were never sent; everything else of `failed` means no usable answer. `loader` reads
    the descriptions of services, once for all clients that find them in the same place.
    """

    session: Callable[..., Any]
    core_session: Callable[[], Any]
    config: Callable[..., Any]
    loader: Callable[[str | None], Any]
    answered: type[Exception]
    refused: tuple[type[Exception], ...]
    invalid: tuple[type[Exception], ...]
    failed: tuple[type[Exception], ...]


class AwsClient:
    """One service's client, made at the first call; an async context manager that closes it."""

    def __init__(
        self,
        service: str,
        settings: AwsSettings,
        threads: Threads,
        sdk: Callable[[], Sdk],
        *,
        endpoint: str = "",
        system: str = "",
    ) -> None:
        """`system` is what errors call it, where that is not the service's own name."""
        self._service = service
        self._system = system or service
        self._settings = settings
        self._threads = threads
        self._load = sdk
        self._endpoint = endpoint
        self._current: Any = None
        self._opened: list[Any] = []
        self._opening = SharedAttempt()
        self.traffic = Traffic()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection. Safe to call twice."""
        clients, self._opened, self._current = self._opened, [], None
        for client in clients:
            client.close()

    async def call(self, call: AwsCall, method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer of one operation. Nothing is repeated; the deadline covers the wait for a thread."""
        seconds = self._settings.timeout_seconds
        try:
            client = await self._client()
            self.traffic.requests += 1
            answer = await self._threads.call(self._perform, client, call, method, arguments, timeout=seconds)
        except TimeoutError as exc:
            raise no_answer(call, f"no answer within {seconds:g} s") from exc
        except AccessDenied:
            # Refused credentials are read again by the next call, so that a new login is found.
            self._current = None
            raise
        told = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("content-length", "")
        self.traffic.received += int(told) if told.isdigit() else 0
        return answer

    async def _client(self) -> Any:
        async def load() -> None:
            self._current = await self._threads.call(self._open, timeout=_OPEN_SECONDS)
            self._opened.append(self._current)

        await self._opening.make(load, unless=lambda: self._current is not None)
        return self._current

    def _perform(
        self, client: Any, call: AwsCall, method: str, arguments: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Blocks. The SDK hands a foreign page on as an answer without content: it lacks the request id."""
        sdk = self._load()
        try:
            answer: Mapping[str, Any] = getattr(client, method)(**arguments)
        except (sdk.answered, *sdk.refused, *sdk.invalid, *sdk.failed) as exc:
            raise _translated(sdk, call, exc) from (None if call.known else exc)
        if not answer.get("ResponseMetadata", {}).get("RequestId"):
            raise no_answer(call, "something between here and AWS answered")
        return answer

    def _open(self) -> Any:
        for name in _LOUD:
            logger = logging.getLogger(name)
            logger.setLevel(max(logging.INFO, logger.level))
        sdk = self._load()
        call = AwsCall(self._system, "Credentials", f"profile {self._settings.profile or 'default'}")
        try:
            core = sdk.core_session()
            _credentials(core, self._settings)
            core.register_component("data_loader", sdk.loader(core.get_config_variable("data_path")))
            session = sdk.session(botocore_session=core, region_name=self._settings.region or None)
            return session.client(
                self._service, endpoint_url=self._endpoint or None, config=self._config(sdk)
            )
        except sdk.refused as exc:
            raise no_credentials(call, str(exc)) from exc

    def _config(self, sdk: Sdk) -> Any:
        """Timeouts stated, no retries, no proxy to this machine."""
        options: dict[str, Any] = {}
        if self._endpoint:
            options["s3"] = {"addressing_style": "path"}
        if is_loopback(self._endpoint):
            options["proxies"] = {}
        return sdk.config(
            connect_timeout=min(_CONNECT_SECONDS, self._settings.timeout_seconds),
            read_timeout=self._settings.timeout_seconds,
            retries={"mode": "standard", "total_max_attempts": 1},
            user_agent_extra="zerotouch-portal",
            **options,
        )


def shape(call: AwsCall, answer: Mapping[str, Any], key: str, kind: type[Any]) -> Any:
    """A part the answer must hold; it also holds a request id, so it was AWS that left it out."""
    value = answer.get(key)
    if not isinstance(value, kind):
        raise bad_shape(call, f"the answer has no {key}")
    return value


def _translated(sdk: Sdk, call: AwsCall, exc: Exception) -> RemoteError:
    if isinstance(exc, sdk.answered):
        response: Mapping[str, Any] = getattr(exc, "response", {})
        return from_answer(call, response)
    if isinstance(exc, sdk.invalid):
        return not_valid(call)
    if isinstance(exc, sdk.refused):
        return no_credentials(call, str(exc))
    return no_answer(call, str(exc) or type(exc).__name__)


def _credentials(core: Any, settings: AwsSettings) -> None:
    """Point the session at the files given. With them nothing else counts: not the variables of the
    environment, not the other files of the home directory, not a metadata service.
    """
    if settings.config_file is None and settings.credentials_file is None:
        if settings.profile:
            core.set_config_variable("profile", settings.profile)
        return
    core.set_config_variable("config_file", str(settings.config_file or os.devnull))
    core.set_config_variable("credentials_file", str(settings.credentials_file or os.devnull))
    core.set_config_variable("profile", settings.profile or "default")
    resolver = core.get_component("credential_provider")
    for provider in _OUTSIDE_FILES:
        resolver.remove(provider)

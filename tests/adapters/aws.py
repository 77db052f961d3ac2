"""AWS files for a test, and a wire that answers what a script says."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.settings import AwsSettings

KEY_ID = "LKIA" + "TESTTESTTESTTEST"
SECRET_KEY = "canary-secret-access-key"


@dataclass(frozen=True)
class Account:
    """Where the files are."""

    config: Path
    credentials: Path

    def settings(self, url: str, *, seconds: float = 10.0, region: str = "ap-south-1") -> AwsSettings:
        return AwsSettings(
            region=region,
            ssm_endpoint=url,
            s3_endpoint=url,
            config_file=self.config,
            credentials_file=self.credentials,
            timeout_seconds=seconds,
        )

    def write(self, key_id: str) -> None:
        self.credentials.write_text(
            f"[default]\naws_access_key_id = {key_id}\naws_secret_access_key = {SECRET_KEY}\n"
        )


def new_account(directory: Path) -> Account:
    account = Account(directory / "config", directory / "credentials")
    account.config.write_text("[default]\nregion = eu-west-1\n")
    account.write(KEY_ID)
    return account


@dataclass
class Request:
    """What arrived."""

    operation: str
    headers: Mapping[str, str]
    body: Any
    path: str


Answer = tuple[int, Mapping[str, str], bytes]


@dataclass
class Script:
    """An ASGI application that answers with `answers` in turn, the last one for ever."""

    answers: list[Answer | Callable[[Request], Answer]]
    requests: list[Request] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = {key.decode(): value.decode() for key, value in scope["headers"]}
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message.get("more_body"):
                break
        request = Request(
            headers.get("x-amz-target", scope["method"]).rpartition(".")[2],
            headers,
            json.loads(body) if body.startswith(b"{") else body,
            scope["path"],
        )
        self.requests.append(request)
        step = self.answers[min(len(self.requests), len(self.answers)) - 1]
        status, extra, content = step(request) if callable(step) else step
        fields = [(key.encode(), value.encode()) for key, value in extra.items()]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": content})


TYPED = {"content-type": "application/x-amz-json-1.1", "x-amzn-requestid": "req-1"}


def ok(document: Any) -> Answer:
    return 200, TYPED, json.dumps(document).encode()


def fault(code: str, message: str = "said so", status: int = 400, **headers: str) -> Answer:
    document = {"__type": code, "message": message}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {**TYPED, **named}, json.dumps(document).encode()

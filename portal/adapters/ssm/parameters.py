"""`portal.ports.Parameters` over Parameter Store."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from types import TracebackType
from typing import Any, Self

from portal.adapters.aws import AwsClient, shape
from portal.adapters.aws_failures import AwsCall
from portal.adapters.ssm.sdk import sdk
from portal.adapters.threads import Threads
from portal.core.parameters import ParameterMeta, ParameterValue, ParameterVersion
from portal.core.secrets import Secret
from portal.errors import Conflict, Precondition, Protocol
from portal.settings import AwsSettings

SYSTEM = "ssm"
STANDARD_BYTES = 4096
ADVANCED_BYTES = 8192
_A_PAGE = 50
_A_BATCH = 10


class ParameterStore:
    """An async context manager; nothing is contacted before the first call."""

    def __init__(self, settings: AwsSettings, threads: Threads) -> None:
        self._key = {"KeyId": settings.kms_key} if settings.kms_key else {}
        self._client = AwsClient("ssm", settings, threads, sdk, endpoint=settings.ssm_endpoint)
        self.traffic = self._client.traffic

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def describe(self, prefix: str) -> tuple[ParameterMeta, ...]:
        """All parameters below a path, recursive, without values. An empty page is not the end."""
        path = "/" + prefix.strip("/")
        call = AwsCall(SYSTEM, "DescribeParameters", path)
        arguments: dict[str, Any] = {
            "ParameterFilters": [{"Key": "Path", "Option": "Recursive", "Values": [path]}],
            "MaxResults": _A_PAGE,
        }
        return tuple(map(_meta, await self._pages(call, "describe_parameters", arguments)))

    async def get(self, names: Sequence[str]) -> Mapping[str, ParameterValue]:
        """Decrypted values of those that exist."""
        found: dict[str, ParameterValue] = {}
        for batch in _batches(list(dict.fromkeys(names))):
            call = AwsCall(SYSTEM, "GetParameters", ", ".join(batch))
            answer = await self._client.call(call, "get_parameters", {"Names": batch, "WithDecryption": True})
            items = shape(call, answer, "Parameters", list)
            absent = shape(call, answer, "InvalidParameters", list) if len(items) < len(batch) else []
            found.update({item["Name"]: _value(item) for item in items})
            if set(batch) - found.keys() - set(absent):
                raise Protocol("the answer leaves names out", system=SYSTEM, operation=call.operation)
        return found

    async def create(self, name: str, value: Secret, *, tags: Mapping[str, str]) -> int:
        """Create-only SecureString; returns the version. Raises Conflict when the name exists."""
        arguments = {
            "Name": name,
            "Type": "SecureString",
            "Overwrite": False,
            "Tags": [{"Key": key, "Value": text} for key, text in tags.items()],
            "Tier": _tier(name, value),
        }
        return await self._put(name, value, arguments)

    async def replace(self, name: str, value: Secret, *, expected_version: int) -> int:
        """Overwrite; raises Conflict when the version that results is not expected_version + 1.

        The tier is named only where the value needs the advanced one: a parameter that already is advanced
        cannot go back.
        """
        arguments: dict[str, Any] = {"Name": name, "Type": "SecureString", "Overwrite": True}
        if _tier(name, value) != "Standard":
            arguments["Tier"] = "Advanced"
        version = await self._put(name, value, arguments)
        if version != expected_version + 1:
            raise Conflict(
                f"version {expected_version} was to be replaced, but {version} resulted: "
                "another writer came between",
                system=SYSTEM,
                operation="PutParameter",
                target=name,
                hint="Look at the parameter's history before going on.",
            )
        return version

    async def delete(self, name: str) -> None:
        """Raises NotFound when it is not there."""
        await self._client.call(
            AwsCall(SYSTEM, "DeleteParameter", name, writes=True), "delete_parameter", {"Name": name}
        )

    async def tags(self, name: str) -> Mapping[str, str]:
        """The tags of one parameter. Raises NotFound when it is not there."""
        call = AwsCall(SYSTEM, "ListTagsForResource", name)
        arguments = {"ResourceType": "Parameter", "ResourceId": name}
        answer = await self._client.call(call, "list_tags_for_resource", arguments)
        return {item["Key"]: item["Value"] for item in shape(call, answer, "TagList", list)}

    async def history(self, name: str) -> tuple[ParameterVersion, ...]:
        """Every version that is kept, oldest first; the values that come with them are not decrypted and not
        kept. Raises NotFound.
        """
        call = AwsCall(SYSTEM, "GetParameterHistory", name)
        arguments: dict[str, Any] = {"Name": name, "WithDecryption": False, "MaxResults": _A_PAGE}
        return tuple(map(_version, await self._pages(call, "get_parameter_history", arguments)))

    async def tag(self, name: str, tags: Mapping[str, str]) -> None:
        """Add tags, or change their values; others stay. Raises NotFound when it is not there."""
        call = AwsCall(SYSTEM, "AddTagsToResource", name, writes=True)
        given = [{"Key": key, "Value": text} for key, text in tags.items()]
        arguments = {"ResourceType": "Parameter", "ResourceId": name, "Tags": given}
        await self._client.call(call, "add_tags_to_resource", arguments)

    async def _pages(
        self, call: AwsCall, method: str, arguments: Mapping[str, Any]
    ) -> list[Mapping[str, Any]]:
        """The parameters of all pages, of which an empty one is not the end. Raises Protocol for no end."""
        found: list[Mapping[str, Any]] = []
        seen: set[str] = set()
        asked = dict(arguments)
        while True:
            answer = await self._client.call(call, method, asked)
            found += shape(call, answer, "Parameters", list)
            token = answer.get("NextToken") or ""
            if not token:
                return found
            if token in seen:
                raise Protocol(
                    "the listing does not end", system=SYSTEM, operation=call.operation, target=call.target
                )
            seen.add(token)
            asked["NextToken"] = token

    async def _put(self, name: str, value: Secret, arguments: Mapping[str, Any]) -> int:
        call = AwsCall(SYSTEM, "PutParameter", name, writes=True, known=(value,))
        complete = {**arguments, **self._key, "Value": value.reveal("put parameter")}
        answer = await self._client.call(call, "put_parameter", complete)
        version: int = shape(call, answer, "Version", int)
        return version


def _tier(name: str, value: Secret) -> str:
    size = len(value.reveal("choose the tier by size").encode())
    if not size:
        raise _impossible(name, "an empty value cannot be stored", "")
    if size <= STANDARD_BYTES:
        return "Standard"
    if size <= ADVANCED_BYTES:
        return "Advanced"
    raise _impossible(
        name,
        f"the value is over {ADVANCED_BYTES} bytes, the most a parameter holds",
        "Split it, or keep it in object storage.",
    )


def _impossible(name: str, cause: str, hint: str) -> Precondition:
    return Precondition(cause, system=SYSTEM, operation="PutParameter", target=name, hint=hint)


def _batches(names: list[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while batch := list(islice(rest, _A_BATCH)):
        yield batch


def _meta(item: Mapping[str, Any]) -> ParameterMeta:
    return ParameterMeta(
        name=item["Name"],
        version=int(item.get("Version", 0)),
        type=str(item.get("Type", "")),
        modified_at=_moment(item),
        tier=str(item.get("Tier", "Standard")),
    )


def _value(item: Mapping[str, Any]) -> ParameterValue:
    return ParameterValue(item["Name"], int(item["Version"]), Secret(item["Value"]))


def _version(item: Mapping[str, Any]) -> ParameterVersion:
    return ParameterVersion(
        version=int(item["Version"]),
        modified_at=_moment(item),
        modified_by=str(item.get("LastModifiedUser", "")),
        labels=tuple(map(str, item.get("Labels") or ())),
    )


def _moment(item: Mapping[str, Any]) -> float:
    modified = item.get("LastModifiedDate")
    return modified.timestamp() if isinstance(modified, datetime) else 0.0

"""Object storage on the wire: admitted, permitted, its buckets known, its errors in XML; objects stream."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from traceback import format_tb
from urllib.parse import parse_qs, quote, unquote

from starlette.types import Receive, Scope, Send

from simulator.clock import Clock
from simulator.ssm.access.principals import Credentials, Decision, Principal, refusal
from simulator.ssm.body import Gone, TooLarge, body_of
from simulator.ssm.objects import admission, listing
from simulator.ssm.objects.behind import Answer, Behind, Collecting, whole
from simulator.ssm.objects.buckets import LONGEST_KEY, Bucket, Buckets, Flavour, parsed
from simulator.ssm.objects.errors import Fault, broken, down, not_implemented
from simulator.ssm.objects.operations import PERMISSIONS, Target, name, target
from simulator.ssm.objects.reply import Reply
from simulator.ssm.signature import headers_of

LARGEST_DOCUMENT = 1 << 20
LARGEST_OBJECT = 5 << 30
_STREAMED = {"GetObject", "HeadObject"}
_UPLOADED = {"PutObject", "UploadPart"}
_COPIES = {"CopyObject", "UploadPartCopy"}
_OF_WHOLE_BUCKETS = {"CreateBucket", "DeleteBucket", "HeadBucket"}
_DOCUMENTS = {"CompleteMultipartUpload", "DeleteObjects"}
_BLOCKED = "".join(
    f"<{part}>true</{part}>"
    for part in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that may be served."""

    operation: str
    at: Target
    principal: Principal
    headers: Mapping[str, str]
    scope: Scope
    receive: Receive


class ObjectStorage:
    """An ASGI application: the buckets of one storage, for the holders of `credentials`."""

    def __init__(self, server: Behind, credentials: Credentials, clock: Clock, flavour: Flavour) -> None:
        self._server = server
        self._credentials = credentials
        self._clock = clock
        self._flavour = flavour
        self._buckets = Buckets(flavour)
        self._changing = asyncio.Lock()
        self._up = True

    def behind(self, up: bool) -> None:
        """Take note that the server that keeps the objects has ended, or came up again and is empty."""
        self._up = up
        if up:
            self._buckets = Buckets(self._flavour)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        reply = Reply(scope["method"], send, waited_for="expect" in headers_of(scope))
        try:
            await self._serve(self._admitted(scope, receive), reply)
        except Gone:
            return
        except Fault as fault:
            await reply.fault(fault)
        except Exception as exc:  # noqa: BLE001 - the service answers in its own form whatever happens
            # The text of an error may hold what was stored, so only its kind and its place are told.
            _log.error("%s\n%s", type(exc).__name__, "".join(format_tb(exc.__traceback__)))
            await reply.fault(broken())

    def _admitted(self, scope: Scope, receive: Receive) -> _Asked:
        headers = headers_of(scope)
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        at = target(headers.get("host", ""), scope["path"])
        principal = admission.caller(scope, query, self._credentials, self._flavour, self._clock)
        operation = name(scope["method"], at, query, headers)
        parts = [parameter for parameter in query if not parameter.lower().startswith("x-")]
        if operation not in PERMISSIONS or (operation in _OF_WHOLE_BUCKETS and parts):
            raise not_implemented()
        if not self._up:
            raise down()
        self._permit(principal, operation, at)
        return _Asked(operation, at, principal, headers, scope, receive)

    async def _serve(self, asked: _Asked, reply: Reply) -> None:
        bucket = asked.at.bucket
        match asked.operation:
            case "ListBuckets":
                await reply.xml(listing.buckets(self._buckets.known.values(), asked.principal.arn))
            case "CreateBucket":
                await self._create(asked)
                await reply.whole(200, [(b"location", f"/{bucket}".encode())])
            case "HeadBucket":
                self._buckets.the(bucket)
                await reply.whole(200, [(b"x-amz-bucket-region", self._flavour.region.encode())])
            case "GetBucketLocation":
                self._buckets.the(bucket)
                await reply.xml(listing.location(self._flavour.region))
            case "DeleteBucket":
                await self._delete(self._buckets.the(bucket))
                await reply.whole(204)
            case _:
                await self._pass(asked, self._buckets.the(bucket), reply)

    def _permit(self, principal: Principal, operation: str, at: Target) -> None:
        if not self._flavour.checks_permissions:
            return
        action = f"s3:{PERMISSIONS[operation]}"
        key = "*" if operation == "DeleteObjects" else at.key
        resource = f"arn:aws:s3:::{at.bucket or '*'}" + (f"/{key}" if key else "")
        decision = principal.decide(action, resource, {"aws:requestedregion": (self._flavour.region,)})
        if decision is not Decision.ALLOWED:
            said = refusal(principal, action, f'"{resource}"', decision)
            raise Fault("AccessDenied", said, 403)

    async def _create(self, asked: _Asked) -> None:
        document = await _document(asked.scope, asked.receive)
        async with self._changing:
            bucket = self._buckets.new(asked.at.bucket, document, self._clock.now())
            place = f"<LocationConstraint>{self._server.region}</LocationConstraint>"
            made = f"<CreateBucketConfiguration>{place}</CreateBucketConfiguration>"
            _result(await self._server.ask("PUT", f"/{bucket.behind}", body=made.encode()), bucket)
            self._buckets.known[bucket.name] = bucket
        if self._flavour.private_by_default:
            await self._close(bucket, asked.headers.get("x-amz-object-ownership", "BucketOwnerEnforced"))

    async def _close(self, bucket: Bucket, ownership: str) -> None:
        """What S3 gives every new bucket: no ACLs, and no way for the public."""
        rule = f"<Rule><ObjectOwnership>{ownership}</ObjectOwnership></Rule>"
        for part, document in (
            ("ownershipControls", f"<OwnershipControls>{rule}</OwnershipControls>"),
            (
                "publicAccessBlock",
                f"<PublicAccessBlockConfiguration>{_BLOCKED}</PublicAccessBlockConfiguration>",
            ),
        ):
            _result(await self._server.ask("PUT", f"/{bucket.behind}", part, document.encode()), bucket)

    async def _delete(self, bucket: Bucket) -> None:
        async with self._changing:
            _result(await self._server.ask("DELETE", f"/{bucket.behind}"), bucket)
            self._buckets.known.pop(bucket.name, None)

    async def _pass(self, asked: _Asked, bucket: Bucket, reply: Reply) -> None:
        """Let the server behind answer, in the names this storage has."""
        _sized(asked)
        receive = asked.receive
        if asked.operation in _DOCUMENTS or (
            asked.operation.startswith("Put") and asked.operation not in _UPLOADED
        ):
            document = await _document(asked.scope, receive)
            parsed(document)
            receive = whole(document, receive)
        source = self._source(asked) if asked.operation in _COPIES else ""
        collecting = Collecting(reply.stream if asked.operation in _STREAMED else None)
        path = f"/{bucket.behind}" + (f"/{asked.at.key}" if asked.at.key else "")
        await self._server.send(asked.scope, receive, collecting, path, source=source)
        if not collecting.streaming:
            answer = _result(collecting.answer(), bucket, asked.at.key)
            body = answer.body.replace(bucket.behind.encode(), bucket.name.encode())
            await reply.whole(answer.status, answer.headers, body)

    def _source(self, asked: _Asked) -> str:
        """The object a copy is made of, in the names of the server behind; raises Fault."""
        named, _, version = asked.headers.get("x-amz-copy-source", "").partition("?")
        bucket, _, key = unquote(named).removeprefix("/").partition("/")
        self._permit(asked.principal, "GetObject", Target(bucket, key))
        path = quote(f"/{self._buckets.the(bucket).behind}/{key}")
        return path + (f"?{version}" if version else "")


async def _document(scope: Scope, receive: Receive) -> bytes:
    try:
        return await body_of(scope, receive, LARGEST_DOCUMENT)
    except TooLarge:
        raise Fault("MaxMessageLengthExceeded", "Your request was too big.") from None


def _sized(asked: _Asked) -> None:
    if len(asked.at.key.encode()) > LONGEST_KEY:
        raise Fault("KeyTooLongError", "Your key is too long")
    length = asked.headers.get("content-length", "")
    if asked.operation in _UPLOADED and length.isdigit() and int(length) > LARGEST_OBJECT:
        said = "Your proposed upload exceeds the maximum allowed object size."
        raise Fault("EntityTooLarge", said, 400, {"ProposedSize": length})


def _result(answer: Answer, bucket: Bucket, key: str = "") -> Answer:
    """The answer; raises the Fault it is."""
    if fault := answer.fault({"Key": key} if key else {"BucketName": bucket.name}):
        raise fault
    return answer

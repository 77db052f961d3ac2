"""The gateway of one API: an ASGI application around the application, or the address, that answers."""

import asyncio
from contextlib import nullcontext
from datetime import UTC
from http import HTTPStatus
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.backends.serving import ABORT
from simulator.clock import Clock
from simulator.gateway.faults import Action, Faults, Posted, Rule
from simulator.gateway.holding import Gate
from simulator.gateway.log import RequestLog
from simulator.gateway.service import Head, Operation, Refused, Reply, Service, is_loopback
from simulator.gateway.upstream import disconnected

_MISDIRECTED = Reply(421, b"only loopback addresses are served here\n", {"content-type": "text/plain"})
_UNKNOWN = "unknown"


class Gateway:
    """Authenticates, names, logs and, by rule, disturbs every call to one service."""

    def __init__(
        self,
        service: Service,
        upstream: ASGIApp,
        *,
        log: RequestLog,
        faults: Faults,
        clock: Clock,
        gate: Gate | None = None,
    ) -> None:
        self._service = service
        self._upstream = upstream
        self._log = log
        self._faults = faults
        self._clock = clock
        self._gate = gate or Gate()
        self._calls: set[_Call] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        head = Head.of(scope)
        call = _Call(self._service.operation(head), head, scope, send)
        self._calls.add(call)
        try:
            await self._gate.opened()
            await self._admit(call, receive)
        except Exception:
            call.status = call.status or 500
            raise
        finally:
            self._calls.discard(call)
            self._record(call)

    def drop_all(self) -> None:
        """Break every call under way, so that open streams do not delay the end of a world."""
        for call in list(self._calls):
            call.abort()

    async def _admit(self, call: "_Call", receive: Receive) -> None:
        if not is_loopback(call.head.headers.get("host", "")):
            await call.answer(_MISDIRECTED)
            return
        try:
            call.caller = self._service.caller(call.head)
        except Refused as refused:
            await call.answer(refused.reply)
            return
        call.fault = self._faults.strike(self._service.name, call.operation.name, call.caller)
        if call.fault is None:
            await self._deliver(call, receive, self._passing(call))
        else:
            await self._disturb(call, call.fault.rule, receive)

    async def _deliver(self, call: "_Call", receive: Receive, send: Send) -> None:
        """Have the call carried out, when the gate is open; a stream does not keep it from being shut."""
        await self._gate.opened()
        with nullcontext() if call.operation.stream else self._gate.passing():
            await self._upstream(call.scope, receive, send)

    async def _disturb(self, call: "_Call", rule: Rule, receive: Receive) -> None:
        match rule.action:
            case Action.STATUS | Action.THROTTLE:
                await call.answer(self._reply(rule))
            case Action.HANG:
                await disconnected(receive)
            case Action.HANG_AFTER:
                await self._deliver(call, receive, call.swallow)
                self._record(call)
                await disconnected(receive)
            case Action.DROP_BEFORE:
                await call.drop(receive)
            case Action.DROP_AFTER:
                await self._deliver(call, receive, call.swallow)
                await call.drop(receive)
            case Action.LATENCY:
                await self._clock.sleep(rule.seconds)
                await self._deliver(call, receive, self._passing(call))
            case Action.TRUNCATE:
                await self._deliver(call, receive, call.truncated)
            case Action.CUT:
                await self._cut(call, rule.seconds, receive, b"")
            case Action.GONE:
                await self._expire(call, rule, receive)

    async def _expire(self, call: "_Call", rule: Rule, receive: Receive) -> None:
        """End a watch with the API's own last word; any other call gets 410."""
        reply = self._service.failure(HTTPStatus.GONE, rule.code, rule.message)
        if not call.operation.stream:
            await call.answer(reply)
            return
        await self._cut(call, rule.seconds, receive, self._service.last_word(reply))
        if not call.status:
            await call.answer(reply)

    async def _cut(self, call: "_Call", seconds: float, receive: Receive, last: bytes) -> None:
        """End a stream early, with a last piece; any other call has nothing to cut and passes."""
        if not call.operation.stream:
            await self._deliver(call, receive, self._passing(call))
            return
        streaming = asyncio.ensure_future(self._deliver(call, receive, self._passing(call)))
        cutting = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait({streaming, cutting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            finished = streaming.done()
            streaming.cancel()
            cutting.cancel()
            await asyncio.wait({streaming, cutting})
        if not finished and call.status:
            await call.send({"type": "http.response.body", "body": last})

    def _reply(self, rule: Rule) -> Reply:
        if rule.action is Action.THROTTLE:
            return self._service.throttled(max(1, round(rule.seconds)))
        reply = self._service.failure(rule.status, rule.code, rule.message)
        return (
            reply
            if rule.body is None
            else Reply(rule.status, rule.body.encode(), {"content-type": "text/html"})
        )

    def _passing(self, call: "_Call") -> Send:
        """Hands the answer on; a stream is recorded when it begins, for it may never end."""

        async def send(message: Message) -> None:
            await call.send(message)
            if call.operation.stream and message["type"] == "http.response.start":
                self._record(call)

        return send

    def _record(self, call: "_Call") -> None:
        if call.recorded:
            return
        call.recorded = True
        entry: dict[str, Any] = {
            "t": self._clock.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "service": self._service.name,
            "operation": call.operation.name,
            "caller": call.caller,
            "method": call.head.method,
            "path": call.head.path,
            "status": call.status,
            "ms": round((asyncio.get_running_loop().time() - call.began) * 1000, 1),
            "mutating": call.operation.mutating,
        }
        if call.fault is not None:
            entry |= {"fault": call.fault.id, "action": call.fault.rule.action}
        self._log.write(entry)


class _Call:
    """One call under way: who, what, and what became of it; status 0 means that no answer was made."""

    def __init__(self, operation: Operation, head: Head, scope: Scope, send: Send) -> None:
        self.operation = operation
        self.head = head
        self.scope = scope
        self.caller = _UNKNOWN
        self.fault: Posted | None = None
        self.status = 0
        self.recorded = False
        self.began = asyncio.get_running_loop().time()
        self._send = send
        self._broken = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        if not self._broken:
            await self._send(message)

    async def swallow(self, message: Message) -> None:
        """Note what the answer was, and keep it from the caller."""
        if message["type"] == "http.response.start":
            self.status = message["status"]

    async def truncated(self, message: Message) -> None:
        """Hand on half of the first piece of the body, then break the connection."""
        if message["type"] == "http.response.body" and (body := message.get("body", b"")):
            await self.send({**message, "body": body[: len(body) // 2], "more_body": True})
            self.abort()
        else:
            await self.send(message)

    async def answer(self, reply: Reply) -> None:
        body = b"" if self.head.method == "HEAD" else reply.body
        headers = {**reply.headers, "content-length": str(len(body))}
        if "expect" in self.head.headers:
            # The body that was announced will not come, and the next request must not be taken for it.
            headers["connection"] = "close"
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": reply.status, "headers": raw})
        await self.send({"type": "http.response.body", "body": body})

    async def drop(self, receive: Receive) -> None:
        """Break the connection and wait until it is broken."""
        self.abort()
        await disconnected(receive)

    def abort(self) -> None:
        self._broken = True
        self.scope["extensions"][ABORT]["call"]()

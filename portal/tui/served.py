"""The interface in a browser: textual-serve behind a token, on loopback.

Each connection runs `portal ui` as a process of its own, which ends with the connection.
"""

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence
from hmac import compare_digest
from shlex import join
from typing import Any

from aiohttp import web
from textual_serve.server import Server

LOOPBACK = "127.0.0.1"
HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Served(Server):
    """Lets nobody in who does not bring the token of this run, from no page but its own."""

    def __init__(self, command: Sequence[str], port: int) -> None:
        super().__init__(join(command), host=LOOPBACK, port=port, title="portal")
        self.token = secrets.token_urlsafe(32)
        self._cookie = f"portal-{port}"
        # Written out, as textual-serve leaves the port away where it is the usual one.
        self.public_url = f"http://{LOOPBACK}:{port}"

    @property
    def address(self) -> str:
        """What a person opens; the token leaves the address bar with the first answer."""
        return f"{self.public_url}/?token={self.token}"

    async def app(self) -> web.Application:
        """The application with the door in front of it."""
        app: web.Application = await self._make_app()
        app.middlewares.append(self._door())
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Nothing is printed here; the command line has the only writers."""

    def _door(self) -> Any:
        @web.middleware
        async def door(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not self._from_here(request):
                return _refused("This address answers only to the page it serves itself.")
            given = request.query.get("token")
            if request.path == "/" and given is not None and self._known(given):
                entered = web.HTTPSeeOther("/", headers=HEADERS)
                entered.set_cookie(self._cookie, self.token, httponly=True, samesite="Strict", path="/")
                return entered
            if not self._known(request.cookies.get(self._cookie, "")):
                return _refused("Open the address that `portal serve` printed; it carries a token.")
            response = await handler(request)
            if not response.prepared:
                response.headers.update(HEADERS)
            return response

        return door

    def _from_here(self, request: web.Request) -> bool:
        """Neither another name that leads to this machine nor another page may speak to it."""
        origin = request.headers.get("Origin", self.public_url)
        return request.host == self.public_url.removeprefix("http://") and origin == self.public_url

    def _known(self, given: str) -> bool:
        return compare_digest(given.encode(), self.token.encode())


async def serve(command: Sequence[str], port: int, ready: Callable[[str], None]) -> None:
    """Serve until cancelled; `port` 0 takes a free one. `ready` is given the address to open."""
    with socket.create_server((LOOPBACK, port)) as listener:
        server = Served(command, listener.getsockname()[1])
        runner = web.AppRunner(await server.app(), handle_signals=False, access_log=None)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            ready(server.address)
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()


def _refused(why: str) -> web.Response:
    return web.Response(status=403, text=f"{why}\n", headers=HEADERS)

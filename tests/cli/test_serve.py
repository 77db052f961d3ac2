"""`portal serve`: the interface in a browser of this machine, for whoever has the token."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from tests.tui.terminal import ROOT
from tests.tui.test_process import SETTINGS

pytestmark = pytest.mark.timeout(180)
SHOWN = "The tenants repository cannot be read"
CHROMIUM = os.environ.get("PORTAL_TEST_CHROMIUM")


@pytest.fixture(scope="module", name="address")
def _address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    home = tmp_path_factory.mktemp("served")
    config = home / "portal.toml"
    config.write_text(SETTINGS)
    process = subprocess.Popen(
        [sys.executable, "-m", "portal", "--config", str(config), "--read-only", "serve"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield URL(process.stdout.readline().strip())
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert not rest


async def _asked(url: URL, **headers: str) -> tuple[int, SimpleCookie]:
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
        session.get(url, headers=headers, allow_redirects=False) as answer,
    ):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        return answer.status, answer.cookies


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        pytest.param("/", {}, id="no token"),
        pytest.param("/?token=wrong", {}, id="another token"),
        pytest.param("/ws", {}, id="the socket without a token"),
        pytest.param("/static/js/textual.js", {}, id="files without a token"),
        pytest.param(None, {"Host": "portal.example"}, id="under another name"),
        pytest.param(None, {"Origin": "http://127.0.0.1:1"}, id="from another page"),
    ],
)
async def test_nobody_else_gets_in(address: URL, path: str | None, headers: dict[str, str]) -> None:
    asked = address if path is None else address.origin().join(URL(path))
    status, cookies = await _asked(asked, **headers)
    assert status == 403
    assert not cookies


async def test_the_token_becomes_a_cookie_that_no_script_reads(address: URL) -> None:
    assert address.host == "127.0.0.1"
    status, cookies = await _asked(address)
    assert status == 303
    (cookie,) = cookies.values()
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"


async def test_the_socket_carries_the_interface_and_its_keys(address: URL) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(address) as page:
            assert page.status == 200
            assert "token" not in await page.text()
        socket = address.origin().with_path("/ws").with_query(width=100, height=30)
        async with session.ws_connect(socket, origin=str(address.origin())) as shown:
            assert SHOWN in await _seen(shown, SHOWN)
            told = "What was told, newest first"
            assert told in await _seen(shown, told, ["stdin", "n"])
            # The first closes what was told, the second the interface.
            await shown.send_json(["stdin", "q"])
            await shown.send_json(["stdin", "q"])
            while not (await shown.receive()).type.name.startswith("CLOS"):
                pass


async def _seen(shown: Any, wanted: str, *keys: list[str]) -> str:
    for key in keys:
        await shown.send_json(key)
    seen = ""
    while wanted not in seen:
        message = await shown.receive(timeout=60)
        assert not message.type.name.startswith("CLOS"), seen
        seen += message.data.decode() if isinstance(message.data, bytes) else str(message.data)
    return seen


async def test_a_browser_draws_the_interface(address: URL, tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.async_api", reason="Playwright is not installed")
    async with playwright.async_playwright() as driver:
        try:
            browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        except playwright.Error as error:
            pytest.skip(f"no headless Chromium: {str(error).splitlines()[0]}")
        page = await browser.new_page(viewport={"width": 1000, "height": 600})
        received: list[str] = []
        page.on(
            "websocket", lambda opened: opened.on("framereceived", lambda data: received.append(str(data)))
        )
        await page.goto(str(address))
        assert "token" not in page.url
        # The terminal is drawn on canvases, whose text no locator finds.
        await playwright.expect(page.locator("canvas").first).to_be_visible(timeout=60_000)
        while not any(SHOWN in frame for frame in received):
            await page.wait_for_timeout(50)
        shown = await page.screenshot(path=tmp_path / "served.png")
        await page.get_by_role("textbox").focus()
        await page.keyboard.press("n")
        while not any("newest first" in frame for frame in received):
            await page.wait_for_timeout(50)
        assert await page.screenshot() != shown
        await browser.close()

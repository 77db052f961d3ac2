"""Images: whether they are there, and their way here, told as bytes and layers."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

from simulator.backends.containers import facts, failures, sdk
from simulator.backends.containers.failures import Cause, ImageUnavailable
from simulator.backends.containers.threads import in_thread
from simulator.backends.containers.threads import tell as on_loop

_TELL_SECONDS = 1.0
_SILENCE_SECONDS = 120.0
"""After which a pull that brings nothing is given up."""
_PREPARED = frozenset({"Pull complete", "Already exists"})


def architecture(url: str, client: Any, image: str) -> str | None:
    """The processor the image is for, None where it is not there."""
    import docker.errors  # noqa: PLC0415 - loaded when containers are used

    with sdk.explained(url, f"looking for the image {image}"):
        try:
            return str(client.api.inspect_image(image).get("Architecture", ""))
        except docker.errors.NotFound:
            return None


async def pull(
    url: str, image: str, tell: Callable[[str], None], login: tuple[str, str] | None = None
) -> None:
    """Fetch it, as `login` if given; `tell` gets at most a line a second. Raises ImageUnavailable.

    Cancelling breaks the connection at the next sign of progress; the engine then stops too.
    """
    loop = asyncio.get_running_loop()
    state = _Pull()
    progress = Progress(image, monotonic())

    def work() -> None:
        for event in _events(url, image, login):
            if state.given_up.is_set():
                return
            state.heard = monotonic()
            if line := progress.line(event, state.heard):
                on_loop(loop, lambda line=line: tell(line))  # type: ignore[misc]  # bound now, called later

    tell(f"pulling {image}")
    pulling = in_thread(work, f"pull {image}")
    try:
        while not pulling.done():
            await asyncio.wait([pulling], timeout=_TELL_SECONDS)
            if monotonic() - state.heard > _SILENCE_SECONDS:
                why = f"nothing of it arrived for {_SILENCE_SECONDS:.0f} s; pull it once by hand"
                raise ImageUnavailable(image, Cause.NO_NETWORK, why)
        pulling.result()
    finally:
        state.given_up.set()


class _Pull:
    """What the thread and the loop know of each other."""

    def __init__(self) -> None:
        self.given_up = threading.Event()
        self.heard = monotonic()


def _events(url: str, image: str, login: tuple[str, str] | None) -> Iterator[dict[str, Any]]:
    """What the engine reports of a pull; raises ImageUnavailable for its errors."""
    import docker.errors  # noqa: PLC0415 - loaded when containers are used

    what = f"pulling {image}"
    auth = {"username": login[0], "password": login[1]} if login else None
    with sdk.explained(url, what):
        client = sdk.client(url, facts.check(url).api, _SILENCE_SECONDS)
        try:
            for event in client.api.pull(image, stream=True, decode=True, auth_config=auth):
                if error := event.get("error"):
                    raise failures.of_pull(image, str(error))
                yield event
        except docker.errors.APIError as exc:
            raise failures.of_pull(image, sdk.words(exc)) from exc
        finally:
            client.close()


class Progress:
    """Adds up what each layer reports."""

    def __init__(self, image: str, now: float) -> None:
        self._image = image
        self._layers: dict[str, tuple[int, int]] = {}
        self._prepared: set[str] = set()
        self._told = now

    def line(self, event: dict[str, Any], now: float) -> str | None:
        """What to tell after this event at `now`, in seconds; None when that is too early."""
        layer, status = event.get("id", ""), event.get("status", "")
        if status == "Pulling fs layer" or status in _PREPARED:
            self._layers.setdefault(layer, (0, 0))
        if status in _PREPARED:
            self._prepared.add(layer)
        elif status == "Downloading" and (detail := event.get("progressDetail")):
            self._layers[layer] = (int(detail.get("current", 0)), int(detail.get("total") or 0))
        if not self._layers or now - self._told < _TELL_SECONDS:
            return None
        self._told = now
        return self.text()

    def text(self) -> str:
        have, total = (sum(each) for each in zip(*self._layers.values(), strict=True))
        return (
            f"pulling {self._image}: {have / 1e6:.0f} of {max(total, have) / 1e6:.0f} MB,"
            f" {len(self._prepared)} of {len(self._layers)} layers"
        )

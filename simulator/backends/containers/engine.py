"""The container engine as the world uses it: one client, calls on threads, a time limit for each."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from simulator.backends.containers import facts, pulling, removal, sdk
from simulator.backends.containers.facts import Facts
from simulator.backends.containers.failures import Cause, ContainersUnavailable, ImageUnavailable
from simulator.backends.containers.images import Images
from simulator.backends.containers.marks import RUN, Marks
from simulator.backends.containers.threads import in_thread

T = TypeVar("T")
SECONDS = 30.0
"""Real seconds one call may take."""
_AT_ONCE = 8
_TOLD = "org.opencontainers.image"


class Engine:
    """`marks` are put on everything that is made; to be made inside a running loop, and closed."""

    def __init__(self, url: str, marks: Marks, *, seconds: float = SECONDS) -> None:
        self.url = url
        self.marks = marks
        self.seconds = seconds
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._opening: asyncio.Future[Any] | None = None
        self._facts: Facts | None = None
        self.starting: set[object] = set()
        """The starts that are under way, each by a token of its own."""

    @property
    def settled(self) -> bool:
        """Whether no start is under way any more, given up or not."""
        return not self.starting

    async def check(self) -> Facts:
        """Who the engine is; raises ContainersUnavailable when it cannot be used."""
        self._facts = await self._thread(lambda: facts.check(self.url), "its version")
        return self._facts

    async def call(self, what: str, work: Callable[[Any], T], *, seconds: float | None = None) -> T:
        """Run `work` with the `docker.DockerClient`; `what` names the attempt in an error.

        Raises ContainersUnavailable, also when it takes longer than `seconds`; errors of `work` itself that
        are none of the SDK's pass.
        """
        client = await self._client()

        def attempt() -> T:
            with sdk.explained(self.url, what):
                return work(client)

        return await self._thread(attempt, what, seconds)

    async def present(self, image: str) -> bool:
        """Whether the image is there, for a processor the engine can run."""
        client = await self._client()
        architecture = await self._thread(lambda: pulling.architecture(self.url, client, image), image)
        if architecture is None:
            return False
        known = self._facts or await self.check()
        if not known.runs(architecture):
            raise ImageUnavailable(
                image,
                Cause.ARCHITECTURE,
                f"it is for {architecture}, and this engine runs {known.architecture}",
            )
        return True

    async def described(self, image: str) -> tuple[str, str]:
        """What an image that is there says it is, and of which version; empty where it does not say."""
        found = await self.call(f"inspecting {image}", lambda client: client.api.inspect_image(image))
        labels = found.get("Config", {}).get("Labels") or {}
        return str(labels.get(f"{_TOLD}.title", "")), str(labels.get(f"{_TOLD}.version", ""))

    async def pull(
        self, image: str, tell: Callable[[str], None], login: tuple[str, str] | None = None
    ) -> None:
        """Fetch an image, telling its progress; `login` is user and password. Raises ImageUnavailable."""
        await pulling.pull(self.url, image, tell, login)
        await self.present(image)

    async def obtain(self, images: Images, name: str, tell: Callable[[str], None]) -> str:
        """The image of that name, pulled when it is not there; raises ImageUnavailable with the option."""
        image: str = getattr(images, name)
        try:
            if not await self.present(image):
                await self.pull(image, tell)
        except ImageUnavailable as exc:
            raise exc.overridden_by(name) from exc
        return image

    async def clear(self) -> None:
        """Remove everything that carries these marks, but for the reaper; raises ContainersUnavailable."""
        label = f"{RUN}={self.marks.run_id}"
        work = in_thread(
            lambda: removal.remove_all(self.url, removal.marked(self.url, label)), "clear the engine"
        )
        await asyncio.shield(work)

    async def close(self) -> None:
        """Let go of the connections; calls under way break."""
        if self._opening is not None and self._opening.done() and not self._opening.exception():
            self._opening.result().close()
        self._opening = None

    async def _client(self) -> Any:
        """The one client, made on first use; a failure to make it is not remembered."""
        if self._opening is None or (self._opening.done() and self._opening.exception()):
            self._opening = in_thread(self._open, "docker client")
        try:
            async with asyncio.timeout(self.seconds):
                return await asyncio.shield(self._opening)
        except TimeoutError as exc:
            raise self._silent("its version", self.seconds) from exc

    def _open(self) -> Any:
        """The SDK leaves a socket open when nobody answers, so somebody else asks first."""
        self._facts = facts.check(self.url)
        sdk.configure(self.url)
        return sdk.client(self.url, self._facts.api, self.seconds)

    async def _thread(self, work: Callable[[], T], what: str, seconds: float | None = None) -> T:
        limit = seconds or self.seconds
        async with self._turns:
            try:
                async with asyncio.timeout(limit):
                    return await in_thread(work, f"engine: {what}")
            except TimeoutError as exc:
                raise self._silent(what, limit) from exc

    def _silent(self, what: str, seconds: float) -> ContainersUnavailable:
        return ContainersUnavailable(
            Cause.SILENT,
            f"The container engine at {self.url} does not answer ({what}, {seconds:.0f} s): restart Docker.",
        )

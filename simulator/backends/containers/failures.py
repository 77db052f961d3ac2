"""Why containers cannot be had: every cause is one sentence with the way out.

    ContainersUnavailable     the engine, or what was asked of it
      ImageUnavailable        an image that is not there and cannot be pulled, or is for another machine

The texts that causes are told by come from the Docker engine, containerd and registries.
"""

import re
from enum import Enum, auto


class Cause(Enum):
    """What was wrong; OTHER is told in the engine's own words."""

    ABSENT = auto()
    NOT_RUNNING = auto()
    NO_PERMISSION = auto()
    SILENT = auto()
    TOO_OLD = auto()
    ELSEWHERE = auto()
    NO_NETWORK = auto()
    RATE_LIMIT = auto()
    LOGIN = auto()
    NOT_FOUND = auto()
    ARCHITECTURE = auto()
    DISK_FULL = auto()
    PORT_TAKEN = auto()
    NAME_TAKEN = auto()
    OTHER = auto()


EMBEDDED = "or leave out the options that ask for containers"


class ContainersUnavailable(Exception):
    """One sentence for a person; `words` is what the engine said."""

    def __init__(self, cause: Cause, sentence: str, words: str = "") -> None:
        self.cause = cause
        self.words = words
        super().__init__(sentence)


class ImageUnavailable(ContainersUnavailable):
    """Which image, and why it cannot be used."""

    def __init__(self, image: str, cause: Cause, why: str, words: str = "") -> None:
        self.image = image
        self.why = why
        super().__init__(cause, f"The image {image} cannot be used: {why}.", words)

    def overridden_by(self, name: str) -> "ImageUnavailable":
        """The same with the option that names another image."""
        return ImageUnavailable(
            self.image,
            self.cause,
            f"{self.why}; another one is named by --image {name}=REF or ZEROTOUCH_IMAGE_{name.upper()}",
            self.words,
        )


_TEXTS: tuple[tuple[Cause, tuple[str, ...]], ...] = (
    (Cause.DISK_FULL, ("no space left on device", "disk quota exceeded")),
    (Cause.RATE_LIMIT, ("toomanyrequests", "rate limit", "too many requests")),
    (
        Cause.ARCHITECTURE,
        (
            "exec format error",
            "no matching manifest",
            r"does not match the (specified|host) platform",
            "does not provide the specified platform",
        ),
    ),
    (
        Cause.LOGIN,
        (
            "unauthorized",
            "authentication required",
            "no basic auth credentials",
            "denied: ",
            "pull access denied",
            "403 forbidden",
        ),
    ),
    (
        Cause.NO_NETWORK,
        (
            "no such host",
            "network is unreachable",
            "no route to host",
            "i/o timeout",
            "TLS handshake timeout",
            "dial tcp",
            "connection reset by peer",
            "connection refused",
            r"Client\.Timeout",
            "request canceled",
            "context deadline exceeded",
            "server misbehaving",
            "temporary failure in name resolution",
            "x509:",
            "503 service unavailable",
            "proxyconnect",
        ),
    ),
    (
        Cause.NOT_FOUND,
        ("manifest unknown", "not found", "name unknown", "invalid reference format", "no such image"),
    ),
    (
        Cause.PORT_TAKEN,
        ("port is already allocated", "address already in use", "ports are not available"),
    ),
    (
        Cause.NAME_TAKEN,
        ("container name .* is already in use", "network with name .* already exists"),
    ),
)

_PULL = {
    Cause.NO_NETWORK: "it is not on this machine and its registry cannot be reached; pull it where there is"
    " a network, or through a mirror with TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX",
    Cause.RATE_LIMIT: "its registry's rate limit for pulls is used up; wait, or log in (docker login) and"
    " pull it once by hand",
    Cause.LOGIN: "its registry shows it to nobody who is not logged in, or there is none of that name; log in"
    " and pull it once by hand",
    Cause.NOT_FOUND: "its registry has none of that name",
    Cause.DISK_FULL: "the engine's disk is full; make room, for example with docker system prune",
    Cause.ARCHITECTURE: "there is none for this machine's processor",
}
_ENGINE = {
    Cause.DISK_FULL: "the engine's disk is full; make room, for example with docker system prune",
    Cause.ARCHITECTURE: "its image is for another processor than this machine's; name another with --image",
    Cause.PORT_TAKEN: "a port it was to be published at is taken; start again, or end what listens there",
    Cause.NAME_TAKEN: "its name is taken by another container or network; look for it with"
    " python -m simulator leftovers",
    Cause.NO_NETWORK: "the engine's network fails",
}


def classify(words: str) -> Cause:
    """The cause a text of the engine or of a registry tells."""
    for cause, patterns in _TEXTS:
        if any(re.search(pattern, words, re.IGNORECASE) for pattern in patterns):
            return cause
    return Cause.OTHER


def of_pull(image: str, words: str) -> ImageUnavailable:
    """Why a pull failed, from what the engine said."""
    cause = classify(words)
    why = _PULL.get(cause) or f"the engine says: {in_one_line(words)}"
    return ImageUnavailable(image, cause, why, words)


def of_call(what: str, words: str) -> ContainersUnavailable:
    """Why the engine did not do `what`, from what it said."""
    cause = classify(words)
    why = _ENGINE.get(cause) or f"the engine says: {in_one_line(words)}"
    return ContainersUnavailable(cause, f"{what} failed: {why}.", words)


def of_connection(url: str, error: OSError) -> ContainersUnavailable:
    """Why nobody answers at the engine's address."""
    for kind, (cause, sentence) in _CONNECTION.items():
        if isinstance(error, kind):
            return ContainersUnavailable(cause, sentence.format(url=url, way_out=EMBEDDED), str(error))
    words = in_one_line(str(error))
    sentence = f"The container engine at {url} cannot be used ({words}): restart it, {EMBEDDED}."
    return ContainersUnavailable(Cause.OTHER, sentence, str(error))


_CONNECTION: dict[type[OSError], tuple[Cause, str]] = {
    FileNotFoundError: (
        Cause.ABSENT,
        (
            "There is no container engine at {url}: install or start Docker, point DOCKER_HOST at one,"
            " {way_out}."
        ),
    ),
    ConnectionRefusedError: (
        Cause.NOT_RUNNING,
        "The container engine at {url} is not running: start Docker, {way_out}.",
    ),
    PermissionError: (
        Cause.NO_PERMISSION,
        (
            "You may not use the container engine at {url}: join the group that owns its socket"
            " (sudo usermod -aG docker $USER, then log in again), use a rootless one, {way_out}."
        ),
    ),
    TimeoutError: (
        Cause.SILENT,
        "The container engine at {url} does not answer: restart Docker, {way_out}.",
    ),
}


def in_one_line(words: str) -> str:
    """The beginning of what an engine said, without its line breaks and final stop."""
    line = " ".join(words.split())
    return (line if len(line) <= _LINE else line[: _LINE - 1] + "…").rstrip(".")


_LINE = 240

"""The images of the container tier, pinned, and how a person names others."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

PREFIX = "TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX"
_VARIABLE = "ZEROTOUCH_IMAGE_"
_REFERENCE = re.compile(
    r"(?:[\w.-]+(?::\d+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)


class BadImage(ValueError):
    """What is wrong with a name or reference given; one sentence."""


@dataclass(frozen=True, slots=True)
class Images:
    """References as the engine takes them."""

    postgres: str = "postgres:17"
    localstack: str = "localstack/localstack:4.14.0"
    """The last tag that runs without an account. It gets no security updates; floci/floci is maintained."""
    dragonfly: str = "docker.dragonflydb.io/dragonflydb/dragonfly:v1.40.1"
    node: str = "kindest/node:v1.36.1@sha256:3489c7674813ba5d8b1a9977baea8a6e553784dab7b84759d1014dbd78f7ebd5"
    """Built for kind v0.32, of the version the embedded API server restates."""
    ryuk: str = "testcontainers/ryuk:0.8.1"


NAMES = tuple(field.name for field in fields(Images))


def chosen(flags: Sequence[str], environ: Mapping[str, str]) -> Images:
    """The pins, with a mirror's prefix before those of Docker Hub; overridden by environment, then by flags.

    `flags` are NAME=REF, the variables ZEROTOUCH_IMAGE_<NAME>; both are taken as they stand. Raises BadImage.
    """
    prefix = environ.get(PREFIX, "")
    pins = {name: _mirrored(getattr(Images(), name), prefix) for name in NAMES}
    given = {name: ref for name in NAMES if (ref := environ.get(_VARIABLE + name.upper()))}
    for flag in flags:
        name, equals, ref = flag.partition("=")
        if not equals or name not in NAMES:
            raise BadImage(f"--image {flag} is not NAME=REF with NAME one of {', '.join(NAMES)}.")
        given[name] = ref
    for name, ref in given.items():
        if not _REFERENCE.fullmatch(ref):
            raise BadImage(f"{ref!r} for {name} is no image reference, such as {getattr(Images(), name)}.")
    return replace(Images(), **{**pins, **given})


def _mirrored(ref: str, prefix: str) -> str:
    """Images of other registries than Docker Hub begin with a host name; no mirror of the Hub has them."""
    host, slash, _ = ref.partition("/")
    elsewhere = bool(slash) and ("." in host or ":" in host or host == "localhost")
    return ref if elsewhere or not prefix else f"{prefix.rstrip('/')}/{ref}"

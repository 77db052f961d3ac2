"""New ids, repeatable by seed, and new passwords, which never are."""

import random
import secrets
import string
import uuid
from typing import Any, cast

_ADJECTIVES = (
    "autumn",
    "bold",
    "calm",
    "cool",
    "crisp",
    "dawn",
    "dry",
    "ember",
    "gentle",
    "icy",
    "late",
    "mild",
    "misty",
    "quiet",
    "shiny",
    "silent",
    "still",
)
_NOUNS = (
    "bird",
    "bonus",
    "brook",
    "cloud",
    "dawn",
    "field",
    "frog",
    "haze",
    "lake",
    "leaf",
    "moon",
    "rain",
    "river",
    "sky",
    "star",
    "sun",
    "tooth",
    "wind",
)
_ALPHABET = string.ascii_lowercase + string.digits
_PASSWORD_ALPHABET = string.ascii_letters + string.digits
_PASSWORD_LENGTH = 20


class Mint:
    """Ids of the forms Neon gives out; the same seed gives the same sequence."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._database = self._random.randrange(10_000, 90_000)

    def state(self) -> object:
        """Where the sequence stands."""
        return self._random.getstate(), self._database

    def restore(self, state: object) -> None:
        """Go on from a state told before."""
        chance, self._database = cast("tuple[tuple[Any, ...], int]", state)
        self._random.setstate(chance)

    def project(self) -> str:
        return f"{self._words()}-{self._random.randrange(10**8):08d}"

    def branch(self) -> str:
        return f"br-{self._words()}-{self._suffix()}"

    def snapshot(self) -> str:
        return f"snap-{self._words()}-{self._suffix()}"

    def endpoint(self) -> str:
        return f"ep-{self._words()}-{self._suffix()}"

    def organization(self) -> str:
        return f"org-{self._words()}-{self._random.randrange(10**8):08d}"

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def database(self) -> int:
        self._database += 1
        return self._database

    def _words(self) -> str:
        return f"{self._random.choice(_ADJECTIVES)}-{self._random.choice(_NOUNS)}"

    def _suffix(self) -> str:
        return "a" + "".join(self._random.choices(_ALPHABET, k=7))


def password() -> str:
    """Unguessable, and marked as Neon's newer ones are."""
    return "npg_" + "".join(secrets.choice(_PASSWORD_ALPHABET) for _ in range(_PASSWORD_LENGTH))

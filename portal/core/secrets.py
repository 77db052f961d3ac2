"""Secret values: carried, compared and handed over, never shown by accident."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Never

MASK = "••••••"

_NOT = "a Secret is not {}; call reveal(reason) at the one place that needs the value"


class Secret:
    """A value that masks itself in repr, str, format, and refuses pickle, copy, hash and iteration."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Wrap a plain value; the caller drops its own reference."""
        self._value = value

    def reveal(self, reason: str) -> str:
        """The plain value. `reason` names the use, e.g. "put parameter"; it must not be empty."""
        if not reason:
            raise ValueError("reveal needs a reason")
        return self._value

    def same_as(self, other: "Secret") -> bool:
        """Equality in constant time."""
        theirs = other.reveal("compare")
        return hmac.compare_digest(self._value.encode(), theirs.encode())

    def digest(self, key: bytes) -> str:
        """First 8 hex digits of HMAC-SHA256 under a per-run key: comparable, not reversible."""
        return hmac.new(key, self._value.encode(), hashlib.sha256).hexdigest()[:8]

    def map(self, change: Callable[[str], str]) -> "Secret":
        """A new Secret computed from this one; the plain value stays inside."""
        return Secret(change(self._value))

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.same_as(other)

    def __hash__(self) -> Never:
        raise TypeError(_NOT.format("hashable"))

    def __reduce__(self) -> Never:
        raise TypeError(_NOT.format("serialisable"))

    def __iter__(self) -> Never:
        raise TypeError(_NOT.format("iterable"))

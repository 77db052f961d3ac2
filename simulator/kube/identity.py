"""Who a bearer token stands for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """A user name and its groups, as a token review would answer them."""

    user: str
    groups: tuple[str, ...] = ()

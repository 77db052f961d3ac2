"""Pages of a listing: tokens that say where the next one begins, whatever is written in between.

A token names the last thing a page told, not how many there were, so nothing is lost or told twice when
others come and go; it is good for the very listing it came from and no other.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, TypeVar

import orjson

from simulator.ssm.parameters.refusals import Refusal

T = TypeVar("T")
_BYTES_OF_MARK = 8


class Pages:
    """Tokens of one store; those of another are invalid here."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def page(
        self,
        found: Iterable[T],
        position: Callable[[T], int],
        size: int,
        listing: Mapping[str, Any],
        token: str | None,
    ) -> tuple[list[T], str | None]:
        """The part after `token` of what is in order of `position`, and the token of the next.

        `listing` is what was asked for, by which a token is bound; raises Refusal for a token that is none.
        """
        after = self._read(token, listing) if token else -1
        rest = list(islice((one for one in found if position(one) > after), size + 1))
        if len(rest) <= size:
            return rest, None
        shown = rest[:size]
        return shown, self._token(position(shown[-1]), listing)

    def _token(self, position: int, listing: Mapping[str, Any]) -> str:
        mark = position.to_bytes(_BYTES_OF_MARK)
        return base64.urlsafe_b64encode(mark + self._seal(mark, listing)).decode()

    def _read(self, token: str, listing: Mapping[str, Any]) -> int:
        try:
            whole = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            whole = b""
        mark, seal = whole[:_BYTES_OF_MARK], whole[_BYTES_OF_MARK:]
        if not hmac.compare_digest(seal, self._seal(mark, listing)):
            raise Refusal("InvalidNextToken", "The specified token isn't valid.")
        return int.from_bytes(mark)

    def _seal(self, mark: bytes, listing: Mapping[str, Any]) -> bytes:
        bound = orjson.dumps(dict(listing), option=orjson.OPT_SORT_KEYS)
        return hmac.new(self._secret, mark + bound, hashlib.sha256).digest()

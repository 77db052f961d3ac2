"""What a check found, with every secret of the environment blanked out of the text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

SECRET_WORDS = ("PASSWORD", "SECRET", "TOKEN", "PRIVATE", "API_KEY", "PEPPER", "URL")
SHORTEST_SECRET = 4


class CheckFailed(Exception):
    """The environment declares something that does not work; the text says what, without secrets."""


@dataclass(frozen=True, slots=True)
class Result:
    """Outcome of one check at one moment."""

    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing the environment declares; `probe` returns a detail or raises CheckFailed."""

    name: str
    probe: Callable[[], str]


class Scrubber:
    """Replaces every secret value of an environment, and the passwords inside its URLs, by `***`."""

    def __init__(self, env: Mapping[str, str]) -> None:
        secrets: set[str] = set()
        for name, value in env.items():
            if any(word in name.upper() for word in SECRET_WORDS):
                secrets |= {value, *value.splitlines(), *_url_password(value)}
        self._secrets = sorted((s for s in secrets if len(s) >= SHORTEST_SECRET), key=len, reverse=True)

    def clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return " ".join(text.split())


def _url_password(value: str) -> set[str]:
    try:
        password = urlsplit(value).password
    except ValueError:
        return set()
    return {password, unquote(password)} if password else set()

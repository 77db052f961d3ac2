"""Who a bearer token, a client certificate or a pair of impersonation headers stands for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
ANONYMOUS_USER = "system:anonymous"
IMPERSONATE_USER = "impersonate-user"
IMPERSONATE_GROUP = "impersonate-group"


@dataclass(frozen=True, slots=True)
class Identity:
    """A user name and its groups, as a token review would answer them."""

    user: str
    groups: tuple[str, ...] = ()


ANONYMOUS = Identity(ANONYMOUS_USER, (UNAUTHENTICATED,))


def of_certificate(certificate: Mapping[str, Any]) -> Identity | None:
    """The common name is the user, each organization a group; `certificate` is as `ssl` decodes it."""
    pairs = [pair for part in certificate.get("subject", ()) for pair in part]
    users = [value for name, value in pairs if name == "commonName"]
    groups = [value for name, value in pairs if name == "organizationName"]
    return Identity(users[0], (*groups, AUTHENTICATED)) if users else None


def impersonated(headers: Iterable[tuple[str, str]]) -> Identity | None:
    """Whom a request wants to act as; header names are in lower case, a group header may repeat."""
    pairs = list(headers)
    user = next((value for name, value in pairs if name == IMPERSONATE_USER), "")
    if not user:
        return None
    given = tuple(value for name, value in pairs if name == IMPERSONATE_GROUP)
    everybody = UNAUTHENTICATED if user == ANONYMOUS_USER else AUTHENTICATED
    return Identity(user, given if everybody in given else (*given, everybody))

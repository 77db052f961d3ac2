"""Connection strings: take them apart and put them together without ever showing one.

Hosts come from Neon as they are; only the label of the pooler is put into them.
"""

from urllib.parse import quote, unquote, urlsplit, urlunsplit

from portal.core.secrets import Secret

_WHY = "read a connection string"


def password_of(uri: Secret) -> Secret | None:
    """The password inside, None where there is none."""
    try:
        password = urlsplit(uri.reveal(_WHY)).password
    except ValueError:
        return None
    return Secret(unquote(password)) if password else None


def with_password(uri: Secret, password: Secret) -> Secret:
    """The same string with this password."""
    parts = urlsplit(uri.reveal(_WHY))
    user, _, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    netloc = f"{name}:{quote(password.reveal(_WHY), safe='')}@{host}"
    return Secret(urlunsplit(parts._replace(netloc=netloc)))


def user_of(uri: Secret) -> str:
    """The role it logs in as; empty where it names none."""
    try:
        return unquote(urlsplit(uri.reveal(_WHY)).username or "")
    except ValueError:
        return ""


def with_login(uri: Secret, role: str, password: Secret) -> Secret:
    """The same string for another role."""
    parts = urlsplit(uri.reveal(_WHY))
    host = parts.netloc.rpartition("@")[2]
    login = ":".join(quote(part, safe="") for part in (role, password.reveal(_WHY)))
    return Secret(urlunsplit(parts._replace(netloc=f"{login}@{host}")))


def at_host(uri: Secret, host: str) -> Secret:
    """The same string for the compute at this host, by way of its pooler where it went by that before."""
    parts = urlsplit(uri.reveal(_WHY))
    login, _, place = parts.netloc.rpartition("@")
    label = place.partition(".")[0].partition(":")[0]
    _, colon, port = place.partition(":")
    named = pooled_host(host) if label.endswith("-pooler") else host
    return Secret(urlunsplit(parts._replace(netloc=f"{login}@{named}{colon}{port}")))


def pooled_host(host: str) -> str:
    """`ep-cool-dawn-1.aws…` → `ep-cool-dawn-1-pooler.aws…`."""
    endpoint, dot, rest = host.partition(".")
    return f"{endpoint.removesuffix('-pooler')}-pooler{dot}{rest}"


def assemble(role: str, password: Secret, host: str, database: str) -> Secret:
    """A string for a host Neon named, with TLS required."""
    user, secret, name = (quote(part, safe="") for part in (role, password.reveal(_WHY), database))
    return Secret(f"postgresql://{user}:{secret}@{host}/{name}?sslmode=require")

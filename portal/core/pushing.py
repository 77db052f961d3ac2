"""What is pushed: names of pipelines as parameters of one tenant, and values that cannot be right.

`DEV_DATABASE_URL` is `/zerotouch/dev/<service>/database_url`; the environment's segment comes first, so a
variable of one environment never reaches another.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from portal.core.facets import TenantKey
from portal.core.names import ENVIRONMENTS, KEY, overlay_of, parameter_name, platform_parameter
from portal.core.required import DATABASE_KEYS, JWT_KEYS, REGISTRY_KEYS
from portal.core.secrets import Secret
from portal.errors import UsageError

LONGEST_BYTES = 8192
_DATABASES = ("postgres", "postgresql")


def prefixes(environment: str) -> tuple[str, ...]:
    """`DEV_`; `PROD_` and `PRODUCTION_`, which are one environment."""
    return tuple(dict.fromkeys(f"{word.upper()}_" for word in (environment, overlay_of(environment))))


def key_of_variable(variable: str, environment: str) -> str | None:
    """`DEV_DATABASE_URL` → `database_url` in dev; None for a variable of anything else."""
    for prefix in sorted(prefixes(environment), key=len, reverse=True):
        rest = variable.removeprefix(prefix)
        if rest != variable and rest.isupper() and KEY.pattern.fullmatch(rest.lower()):
            return rest.lower()
    return None


def key_of_line(name: str, environment: str) -> str:
    """The key a line's name stands for, with or without the environment before it: `database_url`,
    `DATABASE_URL`, `DEV_DATABASE_URL`. Raises UsageError for a variable of another environment.
    """
    for other in ENVIRONMENTS:
        if other != environment and key_of_variable(name, other):
            raise UsageError(
                f"{name} is a value of {other}, and this is {environment}",
                hint=f"Nothing was pushed. Push it to the tenant in {other}, or leave it out.",
            )
    return key_of_variable(name, environment) or name.lower()


def parameter_of(prefix: str, tenant: TenantKey, key: str) -> str:
    """Where a key's value stands; the registry's login is shared by the tenants of an environment."""
    for name in REGISTRY_KEYS:
        if key == f"ghcr_{name}":
            return platform_parameter(prefix, tenant.environment, "ghcr", name)
    return parameter_name(prefix, tenant.environment, tenant.service, key)


def key_of(parameter: str) -> str:
    """The key of a parameter as `parameter_of` takes it: `ghcr_password` for the shared login."""
    folder, _, name = parameter.rpartition("/")
    return f"ghcr_{name}" if folder.endswith("/platform/ghcr") and name in REGISTRY_KEYS else name


def refuse_impossible(values: Mapping[str, Secret]) -> None:
    """Raise UsageError naming every key that is no key and every value that cannot be right, by key alone."""
    faults = [fault for key, value in values.items() if (fault := _fault(key, value))]
    if faults:
        raise UsageError("; ".join(faults), hint="Nothing was pushed.")


def _fault(key: str, value: Secret) -> str:
    text = value.reveal("check its form")
    whole = f"{key} is one of a key pair, which portal apply and portal rotate write as a whole"
    faults = {
        f"a name is no secret key (allowed: {KEY.allowed})": not _is_key(key),
        whole: key in JWT_KEYS,
        f"{key} is empty": not text,
        f"{key} is longer than the {LONGEST_BYTES} bytes a parameter holds": _size(text) > LONGEST_BYTES,
        f"{key} holds a zero byte, which no environment variable can": "\x00" in text,
        f"{key} is not text in UTF-8": not _is_text(text),
        f"{key} is not postgresql://user:password@host/database": key in DATABASE_KEYS and not _is_dsn(text),
    }
    return next((fault for fault, wrong in faults.items() if wrong), "")


def _is_key(key: str) -> bool:
    return KEY.pattern.fullmatch(key) is not None and len(key) <= KEY.longest


def _is_text(text: str) -> bool:
    """Bytes of an environment variable that are no UTF-8 are lone surrogates here."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _size(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))


def _is_dsn(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in _DATABASES and all(
            (parts.hostname, parts.username, parts.password, parts.path.strip("/"))
        )
    except ValueError:
        return False

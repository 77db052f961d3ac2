"""The superuser's sessions on a server of loopback, and the settings every server of a rehearsal has."""

import secrets

import psycopg

from simulator.backends.scram import SALT_BYTES, derived
from simulator.backends.serving import LOOPBACK

SUPERUSER = "cloud_admin"
_STATEMENT_SECONDS = 30

# Durability is of no worth in a rehearsal; statements stay out of the log because they may carry values.
# Two hundred clients find room at once, those that are still leaving and the control plane's own beside them.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "225",
    "password_encryption": "scram-sha-256",
    "max_logical_replication_workers": "0",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


# More rounds would only protect a password that could be guessed, and take longer than the rest of a login.
_ROUNDS = 1


def with_password(password: str) -> str:
    """The statement that makes this the superuser's password, without telling it."""
    known = derived(password, secrets.token_bytes(SALT_BYTES), _ROUNDS).text
    return f"ALTER ROLE {SUPERUSER} PASSWORD '{known}'"


def as_arguments(settings: dict[str, str]) -> list[str]:
    """Settings on a server's command line."""
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


async def connect(port: int, password: str, database: str) -> "psycopg.AsyncConnection[tuple[object, ...]]":
    """An autocommit connection; raises psycopg.OperationalError."""
    return await psycopg.AsyncConnection.connect(
        host=LOOPBACK,
        hostaddr=LOOPBACK,
        port=port,
        user=SUPERUSER,
        password=password,
        dbname=database,
        sslmode="disable",
        gssencmode="disable",
        options=f"-c statement_timeout={_STATEMENT_SECONDS}s",
        connect_timeout=10,
        autocommit=True,
        application_name="control plane",
    )


async def answers(port: int, password: str) -> bool:
    """Whether a login works, and SELECT 1 after it."""
    try:
        connection = await connect(port, password, "postgres")
    except psycopg.OperationalError:
        return False
    async with connection:
        await connection.execute("SELECT 1")
    return True

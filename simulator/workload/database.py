"""The database check: log in over TLS, write a row, read it back."""

from collections.abc import Mapping

import psycopg

from simulator.workload.report import CheckFailed

CONNECT_SECONDS = 5
LIMIT = "SET LOCAL statement_timeout = 5000"
VISITS = "CREATE TABLE IF NOT EXISTS workload_visits (id integer PRIMARY KEY, visits bigint NOT NULL)"
VISIT = """INSERT INTO workload_visits VALUES (1, 1)
ON CONFLICT (id) DO UPDATE SET visits = workload_visits.visits + 1 RETURNING visits"""
MIGRATIONS = """CREATE TABLE IF NOT EXISTS workload_migrations (
  version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"""
MIGRATED = "INSERT INTO workload_migrations (version) VALUES (1) ON CONFLICT DO NOTHING"


def probe(env: Mapping[str, str]) -> str:
    """Say which server answered; raises CheckFailed when any step does not work."""
    try:
        with _connect(env) as connection:
            connection.execute(LIMIT)
            connection.execute(VISITS)
            written = connection.execute(VISIT).fetchone()
            connection.commit()
            read = connection.execute("SELECT visits FROM workload_visits WHERE id = 1").fetchone()
            if written is None or read is None or read[0] < written[0]:
                raise CheckFailed("the row just written could not be read back")
            return f"PostgreSQL {connection.info.parameter_status('server_version')}, TLS, row {read[0]}"
    except psycopg.Error as error:
        raise CheckFailed(_reason(error)) from None


def migrate(env: Mapping[str, str]) -> str:
    """Bring the schema to version 1; running it again changes nothing. Raises CheckFailed."""
    try:
        with _connect(env) as connection:
            connection.execute(MIGRATIONS)
            connection.execute(VISITS)
            applied = connection.execute(MIGRATED).rowcount
    except psycopg.Error as error:
        raise CheckFailed(_reason(error)) from None
    return "schema migrated to version 1" if applied else "schema is already at version 1"


def _connect(env: Mapping[str, str]) -> "psycopg.Connection[tuple[int]]":
    url = env.get("DATABASE_URL", "")
    if not url:
        raise CheckFailed("DATABASE_URL is empty")
    connection = psycopg.connect(
        url,
        connect_timeout=CONNECT_SECONDS,
        prepare_threshold=None,
        application_name="workload",
    )
    encrypted = connection.pgconn.ssl_in_use
    if not encrypted:
        connection.close()
        raise CheckFailed("the server was reached without TLS")
    return connection


def _reason(error: psycopg.Error) -> str:
    return str(error).strip() or type(error).__name__

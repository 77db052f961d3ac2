"""The containers of testcontainers that a world uses, made here so that nobody else names the library."""

from typing import Any

POSTGRES_VOLUME = "/zerotouch"
"""Where a volume is mounted that holds the data of a PostgreSQL container in its directory `data`."""
_PASSWORD_FILE = "/run/zerotouch-password"  # noqa: S105 - where it is, not what it is


def localstack(image: str, region: str) -> Any:
    """A `LocalStackContainer`, not started; its port is 4566."""
    from testcontainers.community.localstack import LocalStackContainer  # noqa: PLC0415 - loaded when used

    return LocalStackContainer(image=image, region_name=region)


def plain(image: str) -> Any:
    """A `DockerContainer`, not started."""
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - loaded when used

    return DockerContainer(image)


def postgres(image: str, user: str, password: str | None = None) -> Any:
    """A `PostgresContainer`, not started; its port is 5432, its data is in the volume at POSTGRES_VOLUME.

    The password is the superuser's, given where there is no data yet. It comes by a file, so that it stands
    neither in an argument nor in the container's description.
    """
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - loaded when used

    made: Any = PostgresContainer(image)
    made._configure = lambda: None  # noqa: SLF001 - would put the password into the environment
    made.with_env("POSTGRES_USER", user).with_env("POSTGRES_DB", "postgres")
    made.with_env("POSTGRES_INITDB_ARGS", "--no-sync --locale=C --encoding=UTF8 --wal-segsize=1")
    made.with_env("PGDATA", f"{POSTGRES_VOLUME}/data")
    if password is not None:
        made.with_env("POSTGRES_PASSWORD_FILE", _PASSWORD_FILE)
        made.with_copy_into_container(password.encode(), _PASSWORD_FILE)
    return made

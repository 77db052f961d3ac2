"""Rules that need no process: names, verifiers, ids, packets."""

import asyncio
from pathlib import Path

import pytest
from psycopg import pq

from simulator.backends.certificates import Authority
from simulator.backends.scram import verifier
from simulator.clock import WallClock
from simulator.neon import names, pgwire
from simulator.neon.mint import Mint, password
from simulator.neon.service import NeonService


def test_a_verifier_is_of_the_form_postgresql_stores() -> None:
    made = verifier("pencil")
    scheme, iterations, keys = made.split("$", 1)[0], made.split("$")[1].split(":")[0], made.split("$")[2]
    assert (scheme, iterations, len(keys.split(":"))) == ("SCRAM-SHA-256", "4096", 2)
    assert verifier("pencil") != verifier("pencil")
    sample = pq.PGconn.connect_start(b"").encrypt_password(b"pencil", b"user", b"scram-sha-256").decode()
    assert [len(part) for part in sample.split("$")] == [len(part) for part in made.split("$")]


def test_ids_repeat_with_the_seed_and_passwords_never() -> None:
    def minted(seed: int) -> list[str]:
        mint = Mint(seed)
        return [mint.project(), mint.branch(), mint.endpoint(), mint.uuid()]

    assert minted(1) == minted(1) != minted(2)
    assert password() != password()


@pytest.mark.parametrize(
    ("server_name", "endpoint"),
    [
        pytest.param(
            "ep-cool-dawn-a1b2c3d4.ap-south-1.aws.neon.localhost", "ep-cool-dawn-a1b2c3d4", id="direct"
        ),
        pytest.param(
            "ep-cool-dawn-a1b2c3d4-pooler.ap-south-1.aws.neon.localhost", "ep-cool-dawn-a1b2c3d4", id="pooled"
        ),
        pytest.param("localhost", None, id="other host"),
        pytest.param("", None, id="no name"),
    ],
)
def test_a_server_name_names_an_endpoint_or_none(server_name: str, endpoint: str | None) -> None:
    assert names.endpoint_of(server_name) == endpoint


def test_a_startup_packet_survives_reading_and_writing() -> None:
    parameters = {"user": "a", "database": "b", "options": "endpoint=ep-x -c search_path=y"}
    named, rest = pgwire.endpoint_option(pgwire.startup(196608, parameters).parameters())
    assert named == "ep-x"
    assert rest == {"user": "a", "database": "b", "options": "-c search_path=y"}


async def test_an_oversized_opening_is_malformed() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b"GET / HTTP/1.1\r\n")
    with pytest.raises(pgwire.Malformed):
        await pgwire.opening(reader)


def test_a_key_that_could_be_real_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="simneon_"):
        NeonService(WallClock(), tmp_path, Authority(tmp_path), 1, {"some_other_key": "x"})

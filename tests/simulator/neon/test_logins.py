"""Who is let in at the compute front, and what is left of those who are not."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable

import psycopg
import pytest

from simulator.neon import pgwire
from simulator.neon.challenge import BOUND
from tests.simulator.neon.world import Neon, Project, connect, one
from tests.simulator.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def test_connection_strings_ask_for_channel_binding_and_get_it(project: Project) -> None:
    uri = await project.uri()
    assert "?sslmode=require&channel_binding=require&" in uri
    for binding in ("require", "prefer", "disable"):
        async with await connect(uri, channel_binding=binding) as session:
            assert await one(session, "SELECT current_user") == "neondb_owner"


async def test_a_role_made_by_sql_logs_in_with_the_password_it_has_now(project: Project) -> None:
    uri = await project.uri()
    async with await connect(uri) as session:
        await session.execute("CREATE ROLE hand_made LOGIN PASSWORD 'first-of-all'")
        async with await connect(uri, user="hand_made", password="first-of-all") as other:
            assert await one(other, "SELECT current_user") == "hand_made"
        await session.execute("ALTER ROLE hand_made PASSWORD 'another-one'")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed for user 'hand_m"):
            await connect(uri, user="hand_made", password="first-of-all")
        async with await connect(uri, user="hand_made", password="another-one"):
            pass
        await session.execute("ALTER ROLE hand_made VALID UNTIL '2001-01-01'")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            await connect(uri, user="hand_made", password="another-one")


async def test_an_unknown_role_is_refused_as_a_wrong_password_is(project: Project) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed for user 'nobody'"):
        await connect(await project.uri(), user="nobody")


async def test_what_the_server_says_about_a_login_reaches_the_client(project: Project) -> None:
    uri = await project.uri()
    async with await connect(uri) as session:
        await session.execute("CREATE ROLE mute NOLOGIN PASSWORD 'a-password'")
    with pytest.raises(psycopg.OperationalError, match='database "nowhere" does not exist'):
        await connect(uri, dbname="nowhere")
    with pytest.raises(psycopg.OperationalError, match='role "mute" is not permitted to log in'):
        await connect(uri, user="mute", password="a-password")
    with pytest.raises(psycopg.OperationalError, match='invalid value for parameter "work_mem"'):
        await connect(uri, options="-c work_mem=much")


async def _tcp(world: Neon, _: Project) -> Client:
    return await asyncio.open_connection("127.0.0.1", world.service.port)


async def _asked(world: Neon, project: Project) -> Client:
    reader, writer = await _tcp(world, project)
    writer.write(pgwire.Opening(pgwire.SSL_REQUEST, b"").packet)
    assert await reader.readexactly(1) == b"S"
    return reader, writer


async def _hello(world: Neon, project: Project) -> Client:
    """Half a ClientHello."""
    reader, writer = await _asked(world, project)
    writer.write(b"\x16\x03\x01\x02\x00\x01\x00")
    return reader, writer


async def _secure(world: Neon, project: Project) -> Client:
    reader, writer = await _asked(world, project)
    context = ssl.create_default_context(cafile=world.authority.ca_file)
    await writer.start_tls(context, server_hostname=f"{project.endpoint_id}.ap-south-1.aws.neon.localhost")
    return reader, writer


async def _half_a_packet(world: Neon, project: Project) -> Client:
    reader, writer = await _secure(world, project)
    writer.write(b"\x00\x00\x00\x40\x00\x03")
    return reader, writer


async def _started(world: Neon, project: Project) -> Client:
    reader, writer = await _secure(world, project)
    writer.write(pgwire.startup(196608, {"user": "neondb_owner", "database": "neondb"}).packet)
    return reader, writer


async def _offered(world: Neon, project: Project) -> Client:
    reader, writer = await _started(world, project)
    step, offered = (await pgwire.message(reader)).authentication()
    assert (step, offered) == (pgwire.SASL, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0")
    return reader, writer


async def _challenged(world: Neon, project: Project) -> Client:
    reader, writer = await _offered(world, project)
    writer.write(pgwire.sasl_choice(BOUND, b"p=tls-server-end-point,,n=,r=abcdef"))
    assert (await pgwire.message(reader)).authentication()[0] == pgwire.SASL_CONTINUE
    return reader, writer


_STAGES: list[Callable[[Neon, Project], Awaitable[Client]]] = [
    _tcp,
    _asked,
    _hello,
    _secure,
    _half_a_packet,
    _started,
    _offered,
    _challenged,
]


@pytest.mark.parametrize("rude", [False, True], ids=["closing", "breaking off"])
async def test_a_client_that_leaves_half_way_leaves_nothing_behind(
    world: Neon, project: Project, *, rude: bool
) -> None:
    async with await connect(await project.uri()) as session:
        compute = world.service._computes.reached_as(project.endpoint_id)
        for stage in _STAGES:
            _, writer = await stage(world, project)
            if rude:
                writer.transport.abort()
            else:
                writer.close()
        await until(lambda: len(world.service._front._sessions) == 1)
        assert compute._sessions == 1
        sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename <> 'cloud_admin'"
        assert await one(session, sessions) == 1
    await until(lambda: not world.service._front._sessions)


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        pytest.param(b"p\xff\xff\xff\xff", "impossible length", id="an absurd length"),
        pytest.param(b"Q\x00\x00\x00\x08SELE", "expected SASL response", id="a query before the login"),
        pytest.param(b"p\x00\x00\x00\x05x", "malformed SASL message", id="half a choice"),
        pytest.param(pgwire.sasl_choice("GS2-KRB5", b""), "malformed SCRAM message", id="not offered"),
        pytest.param(pgwire.sasl_choice(BOUND, b"n,,n=,r=\xff"), "malformed SCRAM message", id="bad text"),
    ],
)
async def test_a_client_that_does_not_keep_to_the_protocol_is_told_so(
    world: Neon, project: Project, packet: bytes, reason: str
) -> None:
    reader, writer = await _offered(world, project)
    writer.write(packet)
    refusal = await pgwire.message(reader)
    assert refusal.kind == b"E"
    assert reason in refusal.body.decode()
    assert await reader.read() == b""
    writer.close()


async def test_a_session_needs_a_user(world: Neon, project: Project) -> None:
    reader, writer = await _secure(world, project)
    writer.write(pgwire.startup(196608, {"database": "neondb"}).packet)
    refusal = await pgwire.message(reader)
    assert (refusal.kind, refusal.sqlstate()) == (b"E", "28000")
    writer.close()

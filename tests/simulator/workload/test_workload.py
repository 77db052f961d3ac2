"""What the toy service proves of its environment, against real servers, and how it says what is wrong."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.simulator.neon.world import Project, neon
from tests.simulator.waiting import until
from tests.simulator.workload.running import cache, know, launch, workload

CANARY = "canary-cache-password"
MEGABYTE = 1024


@pytest.fixture
async def project(tmp_path: Path) -> AsyncIterator[Project]:
    async with neon(tmp_path / "neon") as world:
        yield await world.project()


@pytest.fixture
def pod(tmp_path: Path) -> Path:
    directory = tmp_path / "pod"
    directory.mkdir(mode=0o700)
    return directory


def pems(key: RSAPrivateKey | Ed25519PrivateKey) -> tuple[str, str]:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def jwt_env(key: RSAPrivateKey | Ed25519PrivateKey | None = None) -> dict[str, str]:
    private, public = pems(key or Ed25519PrivateKey.generate())
    return {"JWT_PRIVATE_KEY": private, "JWT_PUBLIC_KEY": public, "JWT_KEY_ID": "key-1"}


def cache_env(**changes: str) -> dict[str, str]:
    host = "cache.default.svc.cluster.local"
    return {"DRAGONFLY_HOST": host, "DRAGONFLY_PORT": "6379", "DRAGONFLY_PASSWORD": CANARY, **changes}


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def test_it_is_ready_when_database_cache_and_keys_all_work(project: Project, pod: Path) -> None:
    port = free_port()
    know(pod, {"cache.default.svc.cluster.local": {"6379": f"127.0.0.1:{port}"}})
    key = generate_private_key(public_exponent=65537, key_size=2048)
    env = {"DATABASE_URL": await project.uri(pooled="true"), **cache_env(), **jwt_env(key)}
    async with cache(pod, port, CANARY), workload(pod, env) as service:
        status, checks = await service.ready()
        assert status == 200, checks
        assert set(checks) == {"database", "cache", "jwt"}
        assert checks["jwt"]["detail"] == "RS256, kid key-1"
        assert checks["database"]["detail"].endswith("row 2")
        assert await resident(service.child.pid) <= 45 * MEGABYTE
        written = service.log()
    secrets = [env["DATABASE_URL"], CANARY, *env["JWT_PRIVATE_KEY"].splitlines()[1:3]]
    assert not any(secret in written + str(checks) for secret in secrets)


async def resident(pid: int) -> int:
    """Kilobytes of resident memory."""
    listing = await asyncio.create_subprocess_exec(
        "ps", "-o", "rss=", "-p", str(pid), stdout=asyncio.subprocess.PIPE
    )
    answer, _ = await listing.communicate()
    return int(answer)


async def test_it_is_ready_when_its_environment_declares_nothing(pod: Path) -> None:
    async with workload(pod, {"SERVICE_NAME": "plain"}) as service:
        assert await service.ready() == (200, {})
        assert (await service.get("/live")).status_code == 200
        assert (await service.get("/other")).status_code == 404


async def test_a_wrong_database_password_is_told_without_the_url(project: Project, pod: Path) -> None:
    uri = await project.uri()
    password = uri.split(":")[2].split("@")[0]
    async with workload(pod, {"DATABASE_URL": uri.replace(password, "canary-wrong")}) as service:
        status, checks = await service.ready()
    assert status == 503
    assert "password authentication failed" in checks["database"]["detail"]
    assert "canary-wrong" not in str(checks) + service.log()


async def test_a_password_changed_under_a_running_service_is_noticed(project: Project, pod: Path) -> None:
    async with workload(pod, {"DATABASE_URL": await project.uri()}) as service:
        assert (await service.ready())[0] == 200
        path = f"{project.branch}/roles/neondb_owner/reset_password"
        await project.settled(await project.neon.json("POST", path, 200))
        assert (await service.ready())[0] == 503
        assert service.log().count("check database failed") == 1


async def test_a_database_without_tls_is_refused(pod: Path) -> None:
    async with workload(
        pod, {"DATABASE_URL": "postgresql://u:canary-secret@127.0.0.1:1/db?sslmode=require"}
    ) as service:
        status, checks = await service.ready()
    assert status == 503
    assert "Connection refused" in checks["database"]["detail"]


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        pytest.param({"DRAGONFLY_PASSWORD": "canary-wrong"}, "AUTH refused: WRONGPASS", id="wrong password"),
        pytest.param({"DRAGONFLY_PASSWORD": ""}, "DRAGONFLY_PASSWORD is not set", id="no password"),
        pytest.param(
            {"DRAGONFLY_HOST": "nowhere.default.svc.cluster.local"}, "does not resolve", id="no service"
        ),
        pytest.param({"DRAGONFLY_PORT": "6380"}, "has no ready endpoint on port 6380", id="no endpoint"),
    ],
)
async def test_what_is_wrong_with_the_cache_is_told(pod: Path, changes: dict[str, str], cause: str) -> None:
    port = free_port()
    know(pod, {"cache.default.svc.cluster.local": {"6379": f"127.0.0.1:{port}"}})
    async with cache(pod, port, CANARY), workload(pod, cache_env(**changes)) as service:
        status, checks = await service.ready()
    assert status == 503
    assert cause in checks["cache"]["detail"]


async def test_the_other_spelling_of_the_cache_keys_and_a_short_name_work(pod: Path) -> None:
    port = free_port()
    know(pod, {"cache.default.svc.cluster.local": {"6379": f"127.0.0.1:{port}"}})
    env = {"endpoint": "cache", "port": "6379", "password": CANARY}
    async with cache(pod, port, CANARY), workload(pod, env) as service:
        assert (await service.ready())[0] == 200


async def test_a_service_that_gets_an_endpoint_later_becomes_ready(pod: Path) -> None:
    port = free_port()
    know(pod, {"cache.default.svc.cluster.local": {}})
    async with cache(pod, port, CANARY), workload(pod, cache_env()) as service:
        assert (await service.ready())[0] == 503
        know(pod, {"cache.default.svc.cluster.local": {"6379": f"127.0.0.1:{port}"}})
        assert (await service.ready())[0] == 200
        assert "check cache: ok" in service.log()


async def test_keys_on_one_line_with_escaped_newlines_work(pod: Path) -> None:
    env = {name: value.replace("\n", "\\n") for name, value in jwt_env().items()}
    async with workload(pod, env) as service:
        status, checks = await service.ready()
    assert (status, checks["jwt"]["detail"]) == (200, "EdDSA, kid key-1")


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        pytest.param(
            {"JWT_PUBLIC_KEY": jwt_env()["JWT_PUBLIC_KEY"]}, "they are not one pair", id="other pair"
        ),
        pytest.param({"JWT_KEY_ID": ""}, "JWT_KEY_ID is not set", id="no key id"),
        pytest.param({"JWT_PRIVATE_KEY": "canary-not-pem"}, "is not an unencrypted PEM", id="no PEM"),
    ],
)
async def test_what_is_wrong_with_the_keys_is_told(pod: Path, changes: dict[str, str], cause: str) -> None:
    async with workload(pod, {**jwt_env(), **changes}) as service:
        status, checks = await service.ready()
    assert status == 503
    assert cause in checks["jwt"]["detail"]
    assert "canary-not-pem" not in str(checks)


async def test_the_migration_is_repeatable(project: Project, pod: Path) -> None:
    env = {"DATABASE_URL": await project.uri()}
    for expected in ("schema migrated to version 1", "schema is already at version 1"):
        child = await launch(pod, env, "migrate")
        async with asyncio.timeout(20):
            assert await child.wait() == 0
        assert expected in child.log.read_text()


async def test_a_migration_that_cannot_run_says_why_and_fails(pod: Path) -> None:
    child = await launch(pod, {}, "migrate")
    async with asyncio.timeout(20):
        assert await child.wait() == 1
    assert "migration failed: DATABASE_URL is empty" in child.log.read_text()


async def test_it_ends_at_once_when_asked(pod: Path) -> None:
    async with workload(pod, {}) as service:
        async with asyncio.timeout(3):
            assert await service.child.stop(10) == 0
        assert "terminated" in service.log()


async def test_a_failed_check_is_soon_tried_again_without_being_asked(pod: Path) -> None:
    port = free_port()
    know(pod, {"cache.default.svc.cluster.local": {}})
    async with cache(pod, port, CANARY), workload(pod, cache_env()) as service:
        know(pod, {"cache.default.svc.cluster.local": {"6379": f"127.0.0.1:{port}"}})
        await until(lambda: "check cache: ok" in service.log(), seconds=5)
        assert (await service.ready(fresh=False))[0] == 200

"""No secret value in any log, report, journal, plan, process argument, repository, screen or file."""

import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.e2e.leaks import KEPT, files, leaks, secrets
from tests.e2e.processes import LINUX, Process, Watch
from tests.e2e.screens import pictures
from tests.e2e.world import DATABASE, GIVEN, INPUTS, ONE_SECRET, Live, service

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
NAME = "hidden"
SPEC = (
    DATABASE,
    "secrets: [openai_api_key, anthropic_api_key]",
    "jwt: {algorithm: RS256}",
    "cache: {name: hidden-cache, size: micro}",
    "storage: {provider: s3, bucket: hidden-files}",
    "auth: neon",
    "pullSecret: ghcr-pull-secret",
)


@dataclass(frozen=True, slots=True)
class Searched:
    """A world in which everything was done that has to do with secrets, and all its secrets."""

    live: Live
    watch: Watch
    secrets: dict[str, str]
    plan: Path


@pytest.fixture(scope="module", name="searched")
def _searched(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Searched:
    directory = tmp_path_factory.mktemp("secrecy")
    spec = service(directory, NAME, *SPEC)
    plan = directory / "dev.plan"
    with Watch(str(live.account.directory)) as watch:
        live.portal("init", stdin=Path(live.facts["neon_api_key_file"]).read_text())
        live.portal("plan", "-f", str(spec), "-e", "dev", "--out", str(plan), code=3)
        _fail(live, spec, service(directory, "echoed", ONE_SECRET))
        live.portal("apply", str(plan), "--yes", "--secrets-stdin", stdin=GIVEN, code=None)
        live.apply(spec)
        for words in (("status", "-o", "json"), ("trace", f"{NAME}/dev"), ("doctor", "-o", "yaml")):
            live.portal(*words, code=None)
    return Searched(live, watch, secrets(live), plan)


def _fail(live: Live, spec: Path, echoed: Path) -> None:
    """Systems that repeat in their errors what they were given, and one that was given nothing."""
    value, dsn = (
        INPUTS["openai_api_key"],
        f"postgresql://hidden:{quote(INPUTS['ghcr_password'], safe='')}@db/x",
    )
    with live.fault("neon:createProjectBranchDatabase", "status", status=500, message=f"no route to {dsn}"):
        live.apply(spec, code=1)
    # The first parameter is that of the lease, the second the service's only one.
    with live.fault("ssm:PutParameter", "status", status=400, message=f"bad value {value}", nth=2):
        live.apply(echoed, code=1)
    live.portal("apply", "-f", str(spec), "-e", "dev", "--yes", "--secrets-stdin", stdin="x=y\n", code=2)


def test_the_search_knows_every_sort_of_secret_and_finds_one_in_every_form(searched: Searched) -> None:
    names = set(searched.secrets)
    own = f"/zerotouch/dev/{NAME}"
    wanted = {f"{own}/{key}" for key in ("database_url", "direct_url", "jwt_private_key", "openai_api_key")}
    wanted |= {f"the password in {own}/database_url", "/zerotouch/platform/neon_api_key"}
    wanted |= {f"{NAME}/hidden-cache-conn/DRAGONFLY_PASSWORD", f"{NAME}/ghcr-pull-secret/.dockerconfigjson"}
    wanted |= {"the Neon key", "the control token", "the cluster token", "the AWS secret key"}
    assert wanted <= names, wanted - names
    private = searched.secrets[f"{own}/jwt_private_key"]
    assert len(leaks({"key": private}, [("here", private.splitlines()[1].encode())])) == 1


def test_no_secret_was_said_by_any_command(searched: Searched) -> None:
    said = [(" ".join(map(str, one.args)), one.stdout + one.stderr) for one in searched.live.said]
    assert len(said) >= 8
    assert leaks(searched.secrets, [(words, text.encode()) for words, text in said]) == []


def test_errors_say_what_failed_without_the_value_a_system_repeated(searched: Searched) -> None:
    talk = "".join(one.stderr for one in searched.live.said)
    assert "no route to postgresql://hidden:" in talk
    assert "bad value" in talk


def test_no_secret_is_in_a_saved_plan(searched: Searched) -> None:
    assert leaks(searched.secrets, [("plan", searched.plan.read_bytes())]) == []


def test_no_secret_is_in_any_file_or_git_object_but_the_credentials_of_clients(searched: Searched) -> None:
    run_dir = searched.live.run_dir
    places = dict(files(run_dir))
    for wanted in ("logs/gateway.jsonl", f"portal/journal/dev/{NAME}.jsonl", "world.json"):
        assert places[wanted]
    assert [name for name in places if name.endswith("(every object)")]
    kept = {name: content for name, content in places.items() if name.startswith(KEPT)}
    assert leaks(searched.secrets, places.items() - kept.items()) == []
    holding = [name for name, content in kept.items() if leaks(searched.secrets, [(name, content)])]
    assert holding
    assert [name for name in holding if stat.S_IMODE((run_dir / name).stat().st_mode) & 0o077] == []
    assert stat.S_IMODE(run_dir.stat().st_mode) == 0o700


def test_no_secret_is_in_the_directory_for_temporary_files(searched: Searched) -> None:
    tmp = searched.live.account.tmp
    outside = [
        path for path in files(tmp) if not (tmp / path[0]).resolve().is_relative_to(searched.live.run_dir)
    ]
    assert leaks(searched.secrets, outside) == []


def test_no_secret_was_an_argument_of_any_process(searched: Searched) -> None:
    seen = searched.watch.arguments
    for program in ("portal", "simulator", "git", "postgres", "valkey-server"):
        assert any(program in arguments for arguments in seen), program
    assert leaks(searched.secrets, [("arguments", "\n".join(seen).encode())]) == []


@pytest.mark.skipif(not LINUX, reason="only Linux tells the environment of another process apart")
def test_no_secret_was_in_the_environment_of_any_process_but_a_container(searched: Searched) -> None:
    pods = str(searched.live.run_dir / "pods")
    seen = list(searched.watch.seen.values())
    containers = [process for process in seen if pods in process.directory]
    others = [process for process in seen if process not in containers]
    assert leaks(searched.secrets, map(_environment, containers))
    assert leaks(searched.secrets, map(_environment, others)) == []


def _environment(process: Process) -> tuple[str, bytes]:
    return process.arguments, process.environment.encode()


@pytest.mark.parametrize("program", ["git", "kubectl"])
def test_a_child_of_the_portal_sees_neither_a_secret_nor_the_persons_variables(
    searched: Searched, program: str
) -> None:
    noted = searched.live.account.noted(program)
    assert noted
    assert leaks(searched.secrets, [(name, text.encode()) for name, text in noted.items()]) == []
    assert [name for name, text in noted.items() if "canary-" in text] == []


async def test_no_secret_is_in_a_picture_of_any_screen(searched: Searched) -> None:
    taken = await pictures(searched.live, f"{NAME}/dev")
    assert leaks(searched.secrets, [(name, svg.encode()) for name, svg in taken.items()]) == []

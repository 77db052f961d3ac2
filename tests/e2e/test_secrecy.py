"""No secret value in any log, report, journal, plan, process argument, repository, screen or file."""

import json
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.e2e.account import ROOT, portal
from tests.e2e.leaks import KEPT, files, leaks, secrets
from tests.e2e.processes import LINUX, Process, Watch
from tests.e2e.screens import pictures
from tests.e2e.terminal import ALTERNATE, on_terminal
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
class Revealed:
    """What stood on the terminal while a value was shown, and after it was hidden."""

    during: str
    after: str
    modes_after: set[int]
    code: int


@dataclass(frozen=True, slots=True)
class Searched:
    """A world in which everything was done that has to do with secrets, and all its secrets."""

    live: Live
    watch: Watch
    secrets: dict[str, str]
    plan: Path
    revealed: Revealed


@pytest.fixture(scope="module", name="searched")
def _searched(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Searched:
    """Each command that is given a secret is a process of its own: what it shows to others is searched."""
    reading, live = live, replace(live, server=None)
    directory = tmp_path_factory.mktemp("secrecy")
    spec = service(directory, NAME, *SPEC)
    plan = directory / "dev.plan"
    with Watch(str(live.account.directory)) as watch:
        live.portal("init", stdin=Path(live.facts["neon_api_key_file"]).read_text())
        reading.portal("plan", "-f", str(spec), "-e", "dev", "--out", str(plan), code=3)
        _fail(live, spec, service(directory, "echoed", ONE_SECRET))
        live.portal("apply", str(plan), "--yes", "--secrets-stdin", stdin=GIVEN, code=None)
        live.apply(spec)
        for words in (("status", "-o", "json"), ("trace", f"{NAME}/dev"), ("doctor", "-o", "yaml")):
            reading.portal(*words, code=None)
        revealed = _secrets(live, reading)
        before = secrets(live)
        _rotate(live)
    earlier = {f"{name}, before it was rotated": value for name, value in before.items()}
    return Searched(live, watch, {**earlier, **secrets(live)}, plan, revealed)


def _secrets(live: Live, reading: Live) -> Revealed:
    """Every command about secrets, with values that are kept, created, refused and replaced."""
    tenant = f"{NAME}/dev"
    replaced = "canary-replaced-77c1d0ae"
    for words in (("list", tenant), ("compare", tenant, "-o", "json"), ("history", tenant)):
        reading.portal("secrets", *words, code=None)
    live.portal("secrets", "push", tenant, stdin=f"openai_api_key={INPUTS['openai_api_key']}\n")
    live.portal("secrets", "push", tenant, stdin=f"DEV_OPENAI_API_KEY={replaced}\n", code=1)
    replacing = ("secrets", "push", tenant, "--replace", "openai_api_key@1")
    live.portal(*replacing, stdin=f"DEV_OPENAI_API_KEY={replaced}\n")
    reading.portal("secrets", "compare", tenant, code=3)
    live.portal("secrets", "reveal", tenant, "database_url", "--reason", "piped", stdin="x\n", code=1)
    reading.portal("audit", "-o", "json")
    return _reveal(live, tenant)


def _rotate(live: Live) -> None:
    """Each sort of credential, and a tenant that is taken down with what it had."""
    tenant = f"{NAME}/dev"
    for key, given in (("database", ""), ("openai_api_key", "openai_api_key=canary-rotated-0e55b1\n")):
        live.portal("rotate", tenant, key, "--yes", "--secrets-stdin", stdin=given)
    live.portal("rotate", tenant, "jwt", "--now", "--yes", "--no-input")
    rights = ("--set", "aws.profile=breakglass")
    live.portal("offboard", "echoed/dev", "--yes", "--confirm", "echoed/dev", *rights, code=None)


def _reveal(live: Live, tenant: str) -> Revealed:
    command = portal(
        "--world", str(live.run_dir), "secrets", "reveal", tenant, "anthropic_api_key", "--reason", "a test"
    )
    with on_terminal(command, live.account.environment, ROOT) as terminal:
        terminal.shows("hidden in 30 s", INPUTS["anthropic_api_key"], seconds=60)
        during = terminal.screen.text
        terminal.press("\r")
        code = terminal.process.wait(60)
        terminal.drain()
        return Revealed(during, terminal.screen.text, set(terminal.screen.modes), code)


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


def test_a_revealed_value_stands_on_the_terminal_only_until_it_is_hidden(searched: Searched) -> None:
    revealed = searched.revealed
    assert INPUTS["anthropic_api_key"] in revealed.during
    assert leaks(searched.secrets, [("screen", revealed.after.encode())]) == []
    assert ALTERNATE not in revealed.modes_after
    assert revealed.code == 0


def test_the_audit_trail_tells_every_reveal_and_change_and_no_value(searched: Searched) -> None:
    trail = json.loads(searched.live.portal("audit", f"{NAME}/dev", "-o", "json").stdout)
    done = [line for line in trail["entries"] if line["outcome"] == "done"]
    wanted = {"apply", "role", "parameter", "push", "compare", "reveal", "rotate"}
    assert {line["action"] for line in done} >= wanted, sorted({line["action"] for line in done})
    (reveal,) = [line for line in done if line["action"] == "reveal"]
    assert reveal["target"].endswith(f"/{NAME}/anthropic_api_key")
    assert (reveal["reason"], reveal["version"]) == ("a test", 1)
    written = (searched.live.run_dir / "portal" / "audit" / "log.jsonl").read_bytes()
    assert leaks(searched.secrets, [("audit", written)]) == []


def test_no_secret_is_in_a_saved_plan(searched: Searched) -> None:
    assert leaks(searched.secrets, [("plan", searched.plan.read_bytes())]) == []


def test_no_secret_is_in_any_file_or_git_object_but_the_credentials_of_clients(searched: Searched) -> None:
    run_dir = searched.live.run_dir
    places = dict(files(run_dir))
    journal = f"portal/journal/dev/{NAME}.jsonl"
    for wanted in ("logs/gateway.jsonl", journal, "portal/audit/log.jsonl", "world.json"):
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

"""The commands as a person types them against a live world: what they refuse, print and return."""

import json
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import truth
from tests.e2e.account import NOWHERE, ROOT, portal
from tests.e2e.log import made
from tests.e2e.waiting import until
from tests.e2e.world import DATABASE, GIVEN, INPUTS, ONE_SECRET, Completed, Live, service

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
ROLE = "neon:createProjectBranchRole"
VERDICT = {"service", "environment", "state", "broken_hop", "cause", "fix", "hops"}
STATES = {"healthy", "progressing", "degraded", "broken", "unknown"}


@pytest.fixture(scope="module", name="settled")
def _settled(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Live:
    """The world with two healthy tenants that share the registry's credentials, applied in one call."""
    directory = tmp_path_factory.mktemp("settled")
    files = [str(_shared(directory, name, replicas=1)) for name in ("first", "second")]
    result = _apply(live, "-f", files[0], "-f", files[1])
    assert result.returncode == 0, result.stderr
    assert [line for line in result.stderr.splitlines() if "healthy after" in line][1].startswith(
        "second/dev"
    )
    return live


def _shared(directory: Path, name: str, replicas: int = 0) -> Path:
    """A small service with a pull secret, whose credentials all tenants of an environment share. It has no
    pods unless it is asked for some.
    """
    pull_secret = "pullSecret: ghcr-pull-secret"
    return service(directory, name, DATABASE, ONE_SECRET, pull_secret, f"replicas: {replicas}")


def _apply(live: Live, *arguments: str) -> Completed:
    return live.portal("apply", *arguments, "--yes", "--secrets-stdin", stdin=GIVEN, code=None)


def _command(live: Live, *arguments: str) -> list[str]:
    return portal("--world", str(live.run_dir), *arguments)


@pytest.mark.tiers
def test_status_is_json_of_exactly_the_promised_shape(settled: Live) -> None:
    view = json.loads(settled.portal("status", "-o", "json", code=None).stdout)
    assert set(view) == {"generated_at", "sources", "tenants"}
    for source in view["sources"]:
        assert set(source) == {"name", "state", "age_seconds", "detail"}
    assert {f"{tenant['service']}/{tenant['environment']}" for tenant in view["tenants"]} >= {
        "first/dev",
        "second/dev",
    }
    for tenant in view["tenants"]:
        _is_verdict(tenant)
    (watched,) = [json.loads(line) for line in _watched(settled)]
    assert set(watched) == set(view)


def test_trace_is_json_of_exactly_the_promised_shape(settled: Live) -> None:
    _is_verdict(json.loads(settled.portal("trace", "first/dev", "-o", "json").stdout))


def test_status_waits_tells_what_it_took_and_names_what_nobody_claims(settled: Live) -> None:
    waited = settled.portal("status", "first/dev", "--wait", "--for", "healthy", "--timeout", "2m")
    assert "first/dev is healthy" in waited.stderr
    vain = settled.portal("status", "first/dev", "--wait", "--for", "broken", "--timeout", "5s", code=3)
    assert "not broken within 5s:" in vain.stderr
    told = json.loads(settled.portal("status", "--stats", "-o", "json", code=None).stdout)
    asked = {row["source"]: row["requests"] for row in told["requests"]}
    assert asked.keys() == {"git", "kubernetes", "neon", "ssm"}
    assert all(asked.values())
    assert told["held"]["Pod"] >= 2
    unclaimed = json.loads(settled.portal("status", "--orphans", "-o", "json", code=None).stdout)
    assert not [row for row in unclaimed if row["name"].startswith(("first", "second"))]
    settled.portal("status", "--timeout", "5m", code=2)
    settled.portal("status", "--wait", "--timeout", "soon", code=2)


def test_the_doctor_tells_versions_clock_and_rights(settled: Live) -> None:
    findings = json.loads(settled.portal("doctor", "-o", "json", code=None).stdout)
    outcomes = {finding["check"]: finding["outcome"] for finding in findings}
    wanted = ("Kubernetes", "clock", "rights", "values of parameters", "kind ExternalSecret", "Neon")
    assert {name: outcomes[name] for name in wanted} == dict.fromkeys(wanted, "good")


def test_who_may_only_look_sees_every_hop_and_reads_no_value(settled: Live, tmp_path: Path) -> None:
    if "kubeconfig_viewer" not in settled.facts:
        pytest.skip("a real cluster behind the gateway knows one caller, who may do everything")
    rights = ("--set", f"kube.kubeconfig={settled.facts['kubeconfig_viewer']}", "--set", "aws.profile=viewer")
    seen, full = (
        json.loads(settled.portal("trace", "first/dev", *those, "-o", "json").stdout)
        for those in (rights, ())
    )
    assert [(hop["name"], hop["state"]) for hop in seen["hops"]] == [
        (hop["name"], hop["state"]) for hop in full["hops"]
    ]
    view = json.loads(settled.portal("status", "first/dev", *rights, "-o", "json").stdout)
    assert {line["state"] for line in view["sources"]} == {"live"}
    findings = json.loads(settled.portal("doctor", *rights, "-o", "json").stdout)
    assert {finding["outcome"] for finding in findings} == {"good"}
    assert "over-privilege" not in {finding["check"] for finding in findings}
    before = len(settled.calls())
    refused = _apply(settled, "-f", str(_shared(tmp_path, "third")), *rights)
    assert refused.returncode == 1
    assert "The credentials need ssm:PutParameter" in refused.stderr
    tried = [call for call in settled.calls()[before:] if call["mutating"] and call["caller"] == "viewer"]
    assert {call["status"] for call in tried} == {400}


def _is_verdict(tenant: dict[str, Any]) -> None:
    assert set(tenant) == VERDICT
    assert tenant["state"] in STATES
    assert tenant["broken_hop"] is None or isinstance(tenant["broken_hop"], str)
    numbers = [hop["hop"] for hop in tenant["hops"]]
    assert numbers == sorted(set(numbers))
    for hop in tenant["hops"]:
        assert set(hop) == {"hop", "name", "state", "cause", "source", "age_seconds"}
        assert hop["state"] in STATES
        assert hop["age_seconds"] is None or hop["age_seconds"] >= 0


def _watched(live: Live) -> list[str]:
    """The first line of `status --watch`, whose reader then goes away: that ends it."""
    with subprocess.Popen(
        _command(live, "status", "--watch", "-o", "json"),
        cwd=ROOT,
        env=live.account.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        process.stdout.close()
        try:
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
        assert process.stderr.read() == ""
    return [line]


LOST = {
    "neon": f"neon.url={NOWHERE}/api/v2",
    "ssm": f"aws.ssm_endpoint={NOWHERE}",
    "kubernetes": "kube.kubeconfig=/nonexistent",
    "git": "repository.url=file:///nonexistent",
}


@pytest.mark.parametrize("lost", [("neon", "kubernetes"), ("ssm", "git")], ids="-".join)
def test_a_source_that_cannot_be_read_is_unknown_and_never_healthy(
    settled: Live, lost: tuple[str, str]
) -> None:
    settings = [word for name in lost for word in ("--set", LOST[name])]
    view = json.loads(settled.portal("status", *settings, "-o", "json", code=4).stdout)
    states = {line["name"]: line["state"] for line in view["sources"]}
    assert [states.pop(name) for name in lost] == ["unknown", "unknown"]
    assert {states[name] for name in LOST.keys() - set(lost)} == {"live"}
    assert {tenant["state"] for tenant in view["tenants"]} == {"unknown"}


@pytest.mark.tiers
def test_a_bucket_at_hetzner_is_made_there_and_nowhere_else(live: Live, tmp_path: Path) -> None:
    bucket = "storage: {provider: hetzner, bucket: european-files}"
    spec = service(tmp_path, "european", DATABASE, bucket, "replicas: 0")
    planned = live.portal("plan", "-f", str(spec), "-e", "dev", code=3)
    assert "at hetzner" in planned.stdout
    live.apply(spec)
    assert truth.buckets(live, "hetzner") == ["european-files"]
    assert "european-files" not in truth.buckets(live, "s3")
    assert _storage(live) == "healthy"
    with live.fault("hetzner:HeadBucket", "status", status=403, code="AccessDenied"):
        assert _storage(live) == "unknown"


def _storage(live: Live) -> str:
    hops = json.loads(live.portal("trace", "european/dev", "-o", "json", code=None).stdout)["hops"]
    (state,) = [hop["state"] for hop in hops if hop["name"] == "storage"]
    return str(state)


def test_a_denied_source_is_told_as_denied(settled: Live, tmp_path: Path) -> None:
    refusal = {"status": 400, "code": "AccessDeniedException", "message": "not authorized"}
    with settled.fault("ssm:DescribeParameters", "status", **refusal):
        view = json.loads(settled.portal("status", "-o", "json", code=4).stdout)
        assert {line["name"]: line["state"] for line in view["sources"]}["ssm"] == "denied"
        refused = settled.portal("plan", "-f", str(_shared(tmp_path, "third")), code=4)
        assert "denied" in refused.stdout


def test_bad_input_contacts_nothing(live: Live, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        "apiVersion: portal.zerotouch.dev/v1\nkind: Service\nmetadata: {name: A_b}\nspec: {x: 1}\n"
    )
    good = str(_shared(tmp_path, "good"))
    before = made(live, "portal")
    for arguments in (
        ("plan", "-f", str(bad)),
        ("plan", "-f", good, "-e", "qa"),
        ("apply", "-f", str(bad), "--yes"),
    ):
        live.portal(*arguments, code=2)
    live.portal("apply", "-f", good, "--yes", "--read-only", code=1)
    live.portal("init", "--read-only", code=1)
    assert made(live, "portal") == before


@pytest.mark.tiers
def test_a_saved_plan_is_done_once_and_refused_when_the_world_moved(settled: Live, tmp_path: Path) -> None:
    spec, plan = str(_shared(tmp_path, "saved")), str(tmp_path / "saved.plan")
    settled.portal("plan", "-f", spec, "--out", plan, code=3)
    assert _apply(settled, plan).returncode == 0
    again = _apply(settled, plan)
    assert again.returncode == 0
    assert "saved/dev: nothing to do" in again.stderr
    _shared(tmp_path, "saved", replicas=3)
    settled.portal("plan", "-f", spec, "--out", plan, code=3)
    _shared(tmp_path, "saved", replicas=1)
    assert _apply(settled, "-f", spec).returncode == 0
    stale = _apply(settled, plan)
    assert stale.returncode == 1
    assert "the world changed since the plan was made" in stale.stderr


def test_what_is_refused_anyway_asks_for_no_consent_and_no_value(settled: Live, tmp_path: Path) -> None:
    spec = str(_shared(tmp_path, "many", replicas=4))
    refused = settled.portal("apply", "-f", spec, "--no-input", "--set", "policy.replicas=3", code=1)
    assert "4 replicas are more than policy.replicas allows (3)" in refused.stderr
    other = str(_shared(tmp_path, "few"))
    both = ("-f", spec, "-f", other, "--no-input", "--yes", "--set", "policy.replicas=3")
    assert "no value for openai_api_key" in settled.portal("apply", *both, code=2).stderr


def test_one_service_that_is_refused_keeps_no_other_from_its_progress(settled: Live, tmp_path: Path) -> None:
    _commit_foreign_folder(settled, tmp_path / "clone", "foreign")
    files = [part for name in ("foreign", "mine") for part in ("-f", str(_shared(tmp_path, name)))]
    result = _apply(settled, *files, "-o", "json")
    assert result.returncode == 1
    foreign, mine = json.loads(result.stdout)
    assert foreign["tenant"] == "foreign/dev"
    assert "without a service.yaml" in foreign["error"]
    assert (mine["state"], mine["error"]) == ("healthy", "")


@pytest.mark.tiers
def test_what_was_made_by_hand_is_taken_over_when_asked_and_only_then(settled: Live, tmp_path: Path) -> None:
    _commit_foreign_folder(settled, tmp_path / "clone", "crafted")
    spec = ("-f", str(service(tmp_path, "crafted", DATABASE, ONE_SECRET, "replicas: 0")), "-e", "dev")
    path = "/zerotouch/dev/crafted/openai_api_key"
    truth.leave(settled, path, INPUTS["openai_api_key"])
    refused = settled.portal("apply", *spec, "--yes", "--secrets-stdin", stdin=GIVEN, code=1)
    assert "portal adopt" in refused.stderr
    shown = settled.portal("adopt", *spec, "--plan", code=3)
    assert "gets the tag managed-by=zerotouch-portal" in shown.stdout
    assert truth.tags(settled, path) == {}
    settled.portal("adopt", *spec, "--no-input", code=2)
    assert truth.tags(settled, path) == {}
    settled.portal("adopt", *spec, "--yes")
    assert truth.tags(settled, path)["managed-by"] == "zerotouch-portal"
    assert truth.parameters(settled)[path] == truth.Parameter(INPUTS["openai_api_key"], 1)
    assert "nothing to do" in settled.portal("adopt", "crafted/dev", "--yes").stderr
    assert "resources: []" in truth.git(settled, "show", "main:tenants/crafted/base/kustomization.yaml")
    settled.apply(Path(spec[1]))
    assert truth.parameters(settled)[path].version == 1


@pytest.mark.tiers
def test_parameters_and_secrets_are_compared_without_telling_either(settled: Live) -> None:
    command = ("secrets", "compare", "second/dev", "-o", "json")
    rows = {row["key"]: row for row in json.loads(settled.portal(*command).stdout)}
    assert rows.keys() >= {"database_url", "direct_url", "openai_api_key", "ghcr_password"}
    assert {row["match"] for row in rows.values()} == {"same"}
    truth.leave(settled, rows["openai_api_key"]["parameter"], "canary-edited-by-hand", over=True)
    differing = settled.portal(*command, code=3)
    assert {row["key"]: row["match"] for row in json.loads(differing.stdout)}["openai_api_key"] == "differs"
    assert not [value for value in (*INPUTS.values(), "canary-edited-by-hand") if value in differing.stdout]


def _commit_foreign_folder(live: Live, clone: Path, name: str) -> None:
    program = shutil.which("git")
    assert program is not None

    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=someone", "-c", "user.email=someone@example.com")
        subprocess.run(
            [program, *identity, *arguments],
            check=True,
            capture_output=True,
            env={"PATH": live.account.environment["PATH"], "HOME": str(clone.parent)},
        )

    git("clone", str(live.facts["tenants_repo"]), str(clone))
    folder = clone / "tenants" / name / "base"
    folder.mkdir(parents=True)
    (folder / "kustomization.yaml").write_text("resources: []\n")
    git("-C", str(clone), "add", "-A")
    git("-C", str(clone), "commit", "-m", "A folder made by hand")
    git("-C", str(clone), "push", "origin", "HEAD:main")


SIGNALS = [
    pytest.param("SIGINT", 1, id="int", marks=pytest.mark.long),
    pytest.param("SIGTERM", 1, id="term"),
    pytest.param("SIGHUP", 1, id="hup", marks=pytest.mark.long),
    pytest.param("SIGINT", 2, id="int-twice", marks=pytest.mark.tiers),
]


@pytest.mark.parametrize(("name", "times"), SIGNALS)
def test_a_signal_ends_an_apply_after_its_step_and_a_second_one_at_once(
    live: Live, tmp_path: Path, name: str, times: int
) -> None:
    spec = _shared(tmp_path, f"svc-{name.lower()}-{times}")
    held: dict[str, Any] = {"action": "hang"} if times > 1 else {"action": "latency", "seconds": 15}
    with (
        live.fault(ROLE, **held) as rule,
        subprocess.Popen(
            _command(live, "apply", "-f", str(spec), "--yes", "--secrets-stdin"),
            cwd=ROOT,
            env=live.account.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(GIVEN)
        process.stdin.close()
        until(lambda: live.struck(rule) > 0 or process.poll() is not None, 60, "the role is created")
        for _ in range(times):
            process.send_signal(getattr(signal, name))
            assert "once more stops now" in process.stderr.readline()
        talk = process.stderr.read()
        assert process.wait(timeout=20) == 130
    if times == 1:
        assert "role: " in talk
        assert "The same command goes on from here" in talk
    else:
        assert "the same command goes on from here" in talk
        assert _apply(live, "-f", str(spec)).returncode == 0

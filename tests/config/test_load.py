"""Settings come from defaults, file, environment and flags, and say where from."""

from pathlib import Path

import pytest

from portal.config import Overrides, load, on_top_of
from portal.errors import UsageError
from portal.settings import NeonSettings, Settings

FILE = """
default_profile = "team"
[profiles.team.neon]
timeout_seconds = 3
[profiles.team.aws]
region = "eu-central-1"
[profiles.team.environments.production]
neon_project = "shiny-wind-028834"
"""


def _file(tmp_path: Path, text: str = FILE) -> Path:
    path = tmp_path / "portal.toml"
    path.write_text(text)
    return path


def test_a_missing_file_means_defaults(tmp_path: Path) -> None:
    settings = load(Overrides(), {}, tmp_path)
    assert settings.neon.url.startswith("https://")
    assert settings.provenance == {}
    assert settings.state_dir == tmp_path / ".local" / "state" / "zerotouch-portal" / "default"


def test_the_later_layer_wins_and_every_origin_is_remembered(tmp_path: Path) -> None:
    path = _file(tmp_path)
    environ = {"PORTAL_CONFIG": str(path), "PORTAL_AWS_REGION": "eu-west-1", "PORTAL_NEON_URL": "http://a"}
    settings = load(Overrides(values={"neon.url": "http://b"}), environ, tmp_path)
    assert settings.profile == "team"
    assert settings.neon.timeout_seconds == 3.0
    assert settings.aws.region == "eu-west-1"
    assert settings.neon.url == "http://b"
    assert settings.provenance["neon.timeout_seconds"] == f"{path} [team]"
    assert settings.provenance["aws.region"] == "environment PORTAL_AWS_REGION"
    assert settings.provenance["neon.url"] == "flag --set"


def test_production_is_the_same_environment_as_prod(tmp_path: Path) -> None:
    settings = load(Overrides(config=_file(tmp_path)), {}, tmp_path)
    assert settings.environments["prod"].neon_project == "shiny-wind-028834"


def test_every_fault_is_listed_at_once_with_its_place_and_a_near_miss(tmp_path: Path) -> None:
    text = (
        '[profiles.default.neon]\nurll = "x"\ntimeout_seconds = "soon"\n[profiles.default.aw]\nregion = "x"\n'
    )
    path = _file(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load(Overrides(config=path), {}, tmp_path)
    message = str(caught.value)
    assert "unknown key neon.urll; did you mean neon.url?" in message
    assert "neon.timeout_seconds: expected a number" in message
    assert "unknown section 'aw'; did you mean aws?" in message
    assert message.count(str(path)) == 3


@pytest.mark.parametrize(
    ("text", "profile", "expected"),
    [
        pytest.param("not toml [", "", "is not TOML", id="not-toml"),
        pytest.param(FILE, "other", "has no profile 'other'; it has: team", id="unknown-profile"),
        pytest.param("[profiles.default.environments.dev]\n", "", "neon_project is needed", id="no-project"),
    ],
)
def test_a_bad_file_is_one_clear_error(tmp_path: Path, text: str, profile: str, expected: str) -> None:
    with pytest.raises(UsageError, match=expected.replace("[", r"\[")):
        load(Overrides(config=_file(tmp_path, text), profile=profile), {}, tmp_path)


def test_a_profile_that_is_asked_for_needs_its_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        load(Overrides(profile="staging"), {}, tmp_path)


@pytest.mark.parametrize("by_flag", [True, False], ids=["flag", "variable"])
def test_a_settings_file_that_was_named_must_exist(tmp_path: Path, by_flag: bool) -> None:
    path = tmp_path / "absent.toml"
    overrides = Overrides(config=path) if by_flag else Overrides()
    environ = {} if by_flag else {"PORTAL_CONFIG": str(path)}
    with pytest.raises(UsageError, match="there is no settings file"):
        load(overrides, environ, tmp_path)


@pytest.mark.parametrize("text", ['[neon]\nurl = "x"\n', "profiles = 3\n", "[profiles]\ndefault = 3\n"])
def test_settings_outside_a_profile_are_an_error_and_not_ignored(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"cannot stand there|has no profile"):
        load(Overrides(config=_file(tmp_path, text)), {}, tmp_path)


@pytest.mark.parametrize("text", ["1", "true", "TRUE", "yes", "on"])
def test_every_word_for_yes_makes_it_read_only(tmp_path: Path, text: str) -> None:
    assert load(Overrides(), {"PORTAL_READ_ONLY": text}, tmp_path).read_only


def test_a_read_only_word_nobody_understands_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="PORTAL_READ_ONLY: expected true or false"):
        load(Overrides(), {"PORTAL_READ_ONLY": "maybe"}, tmp_path)


def test_flags_and_the_read_only_switch_hold_on_top_of_settings_from_elsewhere() -> None:
    base = Settings(profile="rehearsal", neon=NeonSettings(url="http://a"), provenance={"*": "world r1"})
    found = on_top_of(base, Overrides(values={"aws.region": "eu-west-1"}), {"PORTAL_READ_ONLY": "on"})
    assert found.read_only
    assert (found.neon.url, found.aws.region) == ("http://a", "eu-west-1")
    assert found.provenance == {"*": "world r1", "aws.region": "flag --set"}
    with pytest.raises(UsageError, match="unknown key"):
        on_top_of(base, Overrides(values={"aws.regio": "x"}), {})


def test_a_policy_is_read_and_one_that_means_nothing_is_refused_with_its_origin(tmp_path: Path) -> None:
    path = _file(tmp_path, FILE + '[profiles.team.policy]\nprotected = "staging,prod"\nreplicas = 3\n')
    settings = load(Overrides(config=path), {"PORTAL_POLICY_LATEST": "no"}, tmp_path)
    assert settings.policy.protects("staging")
    assert (settings.policy.replicas, settings.policy.latest) == (3, False)
    broken = _file(tmp_path, FILE + '[profiles.team.policy]\nservice_names = "("\n')
    with pytest.raises(UsageError, match=r"portal\.toml \[team\]: policy\.service_names: not a regular"):
        load(Overrides(config=broken), {}, tmp_path)
    with pytest.raises(UsageError, match=r"environment PORTAL_POLICY_PROTECTED: policy\.protected: live is"):
        load(Overrides(config=path), {"PORTAL_POLICY_PROTECTED": "live"}, tmp_path)

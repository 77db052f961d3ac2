"""What a rehearsal is made of comes from a named file, the environment and options, and says where from."""

from pathlib import Path
from typing import Any

import pytest

from portal.config import Overrides, load, load_rehearsal
from portal.errors import UsageError
from portal.settings import RehearsalSettings

FILE = """
[profiles.default.rehearsal]
tier = "container"
cluster = "embedded"
images = {postgres = "postgres:17.2", ryuk = "mirror/ryuk:1"}
[profiles.light.rehearsal]
ssm = "container"
"""


def _file(tmp_path: Path, text: str = FILE) -> Path:
    path = tmp_path / "portal.toml"
    path.write_text(text)
    return path


def _asked(tmp_path: Path, environ: dict[str, str] | None = None, **options: Any) -> dict[str, Any]:
    """What differs from the defaults, with the file named."""
    overrides = Overrides(config=_file(tmp_path))
    found, _ = load_rehearsal(overrides, options, environ or {}, tmp_path)
    usual = RehearsalSettings()
    names = RehearsalSettings.__slots__
    return {name: value for name in names if (value := getattr(found, name)) != getattr(usual, name)}


def test_nothing_said_means_the_simulators_own_defaults(tmp_path: Path) -> None:
    assert load_rehearsal(Overrides(), {"tier": None, "context": ""}, {}, tmp_path) == (
        RehearsalSettings(),
        {},
    )


def test_a_file_nobody_named_is_not_read(tmp_path: Path) -> None:
    usual = tmp_path / "zerotouch" / "portal.toml"
    usual.parent.mkdir()
    usual.write_text("canary = [\n")
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert load_rehearsal(Overrides(), {}, environ, tmp_path)[0] == RehearsalSettings()
    for named in ({"PORTAL_PROFILE": "light"}, {"PORTAL_CONFIG": str(usual)}):
        with pytest.raises(UsageError, match="is not TOML"):
            load_rehearsal(Overrides(), {}, environ | named, tmp_path)


def test_the_usual_file_is_read_where_a_profile_of_it_is_named(tmp_path: Path) -> None:
    usual = tmp_path / "zerotouch" / "portal.toml"
    usual.parent.mkdir()
    usual.write_text(FILE)
    overrides = Overrides(profile="light")
    found, origins = load_rehearsal(overrides, {}, {"XDG_CONFIG_HOME": str(tmp_path)}, tmp_path)
    assert found == RehearsalSettings(ssm="container")
    assert origins == {"rehearsal.ssm": f"{usual} [light]"}


def test_every_value_remembers_where_it_came_from(tmp_path: Path) -> None:
    path = _file(tmp_path)
    overrides = Overrides(config=path, values={"rehearsal.cache": "embedded"})
    options = {"ssm": "embedded", "images.postgres": "postgres:17.3"}
    environ = {"PORTAL_REHEARSAL_PODS": "container", "PORTAL_NEON_URL": "nowhere"}
    found, origins = load_rehearsal(overrides, options, environ, tmp_path)
    assert found.images == {"postgres": "postgres:17.3", "ryuk": "mirror/ryuk:1"}
    assert origins == {
        "rehearsal.tier": f"{path} [default]",
        "rehearsal.cluster": f"{path} [default]",
        "rehearsal.images.ryuk": f"{path} [default]",
        "rehearsal.images.postgres": "flag --image",
        "rehearsal.pods": "environment PORTAL_REHEARSAL_PODS",
        "rehearsal.cache": "flag --set",
        "rehearsal.ssm": "flag --ssm",
    }


@pytest.mark.parametrize(
    ("environ", "options", "tier", "cluster"),
    [
        pytest.param({}, {}, "container", "embedded", id="file"),
        pytest.param({}, {"cluster": "kind"}, "container", "kind", id="one-backend-later"),
        pytest.param({}, {"tier": "embedded"}, "embedded", None, id="a-later-preset-is-of-all"),
        pytest.param(
            {"PORTAL_REHEARSAL_TIER": "embedded", "PORTAL_REHEARSAL_CLUSTER": "kind"},
            {},
            "embedded",
            "kind",
            id="both-in-one-layer",
        ),
    ],
)
def test_a_preset_takes_back_what_earlier_layers_chose_for_single_backends(
    tmp_path: Path, environ: dict[str, str], options: dict[str, str], tier: str, cluster: str | None
) -> None:
    found = _asked(tmp_path, environ, **options)
    assert (found["tier"], found.get("cluster")) == (tier, cluster)


def test_every_fault_is_listed_with_its_place(tmp_path: Path) -> None:
    text = '[profiles.default.rehearsal]\ntier = "docker"\nimages = {postgres = 17}\nssmm = "container"\n'
    overrides = Overrides(
        config=_file(tmp_path, text), values={"aws.region": "x", "rehearsal.tier.x": "container"}
    )
    with pytest.raises(UsageError) as caught:
        load_rehearsal(overrides, {}, {"PORTAL_REHEARSAL_IMAGES": "a=b"}, tmp_path)
    message = str(caught.value)
    assert "rehearsal.tier: expected embedded or container, not 'docker'" in message
    assert "rehearsal.images: expected a table of texts, not {'postgres': 17}" in message
    assert "unknown key rehearsal.ssmm; did you mean rehearsal.ssm?" in message
    assert "environment PORTAL_REHEARSAL_IMAGES: rehearsal.images: expected a table of texts" in message
    assert "flag --set: unknown key rehearsal.tier.x" in message
    assert "a rehearsal has settings of its own, not aws.region" in message


def test_doctor_shows_them_with_the_other_settings(tmp_path: Path) -> None:
    path = _file(tmp_path)
    settings = load(Overrides(config=path), {}, tmp_path)
    assert settings.rehearsal.tier == "container"
    assert settings.provenance["rehearsal.images.postgres"] == f"{path} [default]"

"""Which image is meant: pins, a mirror of Docker Hub, the environment, options."""

import pytest

from simulator.backends.containers.images import NAMES, BadImage, Images, chosen


def test_without_a_word_the_pins_are_taken() -> None:
    assert chosen([], {}) == Images()


def test_a_node_is_pinned_by_digest() -> None:
    assert "@sha256:" in Images().node


def test_an_option_wins_over_the_environment_and_both_over_the_pin() -> None:
    environ = {"ZEROTOUCH_IMAGE_POSTGRES": "postgres:16", "ZEROTOUCH_IMAGE_RYUK": "corp/ryuk:1"}
    images = chosen(["postgres=registry.corp:5000/postgres:18"], environ)
    assert (images.postgres, images.ryuk) == ("registry.corp:5000/postgres:18", "corp/ryuk:1")


def test_a_mirror_stands_before_images_of_docker_hub_that_nobody_named_otherwise() -> None:
    environ = {
        "TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX": "mirror.corp/hub/",
        "ZEROTOUCH_IMAGE_RYUK": "my/ryuk:1",
    }
    images = chosen([], environ)
    assert images.localstack == "mirror.corp/hub/localstack/localstack:4.14.0"
    assert images.dragonfly == Images().dragonfly
    assert images.ryuk == "my/ryuk:1"


@pytest.mark.parametrize(
    ("flag", "says"),
    [
        pytest.param("postgres", "is not NAME=REF", id="no-reference"),
        pytest.param("mysql=mysql:8", f"NAME one of {', '.join(NAMES)}", id="unknown-name"),
        pytest.param("postgres=", "is no image reference, such as postgres:17", id="empty"),
        pytest.param("postgres=Post Gres:17", "is no image reference", id="spaces"),
        pytest.param("postgres=postgres@sha256:12", "is no image reference", id="short-digest"),
    ],
)
def test_what_is_no_image_is_refused_with_an_example(flag: str, says: str) -> None:
    with pytest.raises(BadImage, match=says):
        chosen([flag], {})

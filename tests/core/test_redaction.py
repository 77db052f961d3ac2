"""Text from outside: secrets masked, controls gone, length bounded."""

import pytest

from portal.core.redaction import looks_secret, redact
from portal.core.secrets import MASK, Secret

# Assembled, so that no scanner takes this file for a leak.
KEY_ID = "AK" + "IA" + "ABCDEFGHIJKLMNOP"
NEON_KEY = "na" + "pi_" + "abcdefghij0123456789"
NEON_PASSWORD = "np" + "g_" + "Canary123456"
PEM = "-----BEGIN " + "PRIVATE KEY-----\nCanary\n-----END " + "PRIVATE KEY-----"

SECRETS = [
    pytest.param(f"connect postgres://u:{NEON_PASSWORD}@h/d failed", NEON_PASSWORD, id="dsn"),
    pytest.param("redis://:Canary99@h:6379", "Canary99", id="dsn without user"),
    pytest.param(f"key was {PEM} here", "Canary", id="pem"),
    pytest.param(f"cut {PEM[:40]}", "Canary", id="pem that is cut off"),
    pytest.param("Authorization: Bearer Canary.token-123", "Canary", id="bearer"),
    pytest.param('{"password": "Canary"}', "Canary", id="json password"),
    pytest.param("PASSWORD=Canary x", "Canary", id="assignment"),
    pytest.param(f"id {KEY_ID}", KEY_ID, id="access key id"),
    pytest.param(f"key {NEON_KEY}", NEON_KEY, id="neon key"),
    pytest.param(f"role has {NEON_PASSWORD}", NEON_PASSWORD, id="neon password"),
]


@pytest.mark.parametrize(("text", "canary"), SECRETS)
def test_what_looks_like_a_secret_is_masked(text: str, canary: str) -> None:
    shown = redact(text)
    assert canary not in shown
    assert MASK in shown


def test_known_values_are_masked_exactly() -> None:
    assert redact("the value is plain words here", [Secret("plain words")]) == f"the value is {MASK} here"


def test_an_empty_known_value_changes_nothing() -> None:
    assert redact("text", [Secret("")]) == "text"


@pytest.mark.parametrize(
    "text",
    ["password authentication failed for role x", "project is locked", "https://console.neon.tech/api/v2"],
)
def test_ordinary_sentences_stay(text: str) -> None:
    assert redact(text) == text


def test_control_and_direction_characters_become_spaces() -> None:
    assert redact("a\x1b[31mb\r\nc\u202ed\x00e\x9b") == "a [31mb c d e"


def test_long_text_is_cut_with_a_sign() -> None:
    assert redact("x" * 1000, longest=10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (PEM, "a private key"),
        ("url: postgres://u:pw@h/d", "a connection string with a password"),
        (KEY_ID, "an AWS access key id"),
        (NEON_KEY, "a Neon API key"),
        ("url: postgres://u:$(DB_PASSWORD)@h/d", None),
        ("url: postgres://u:${DB_PASSWORD}@h/d", None),
        ("-----BEGIN PUBLIC KEY-----", None),
        ("image: ghcr.io/a/b:1.0@sha256:abc", None),
        ("git@github.com:a/b.git and https://github.com/a/b", None),
    ],
)
def test_secrets_are_recognised_by_their_shape(text: str, name: str | None) -> None:
    assert looks_secret(text) == name

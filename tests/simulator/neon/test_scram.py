"""Both sides of SCRAM, against each other and against what must not pass."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.backends.scram import Verifier, derived, digest, encoded, parsed, verifier
from simulator.neon.challenge import BOUND, PLAIN, Breach, Challenge, Keys, Wrong
from simulator.neon.proof import Proof, Unproven

_BINDING = b"hash of the certificate"
_SECRET = b"a front's own"
_HEADER = b"p=tls-server-end-point,,"


def _keys(password: str, known: Verifier) -> Keys:
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), known.salt, known.iterations)
    return Keys(digest(salted, b"Client Key"), digest(salted, b"Server Key"))


def _bound(password: str, known: Verifier, binding: bytes, header: bytes = _HEADER) -> bytes:
    """What a client with channel binding ends with; raises what the challenge raises."""
    challenge = Challenge(known, _BINDING, _SECRET, "role")
    bare = b"n=*,r=rOprNGfwEbeRWgbNEkqO"
    first = challenge.opening(BOUND, header + bare)
    nonce = first.split(b",")[0]
    without_proof = b"c=" + base64.b64encode(header + binding) + b"," + nonce
    keys = _keys(password, known)
    signature = digest(hashlib.sha256(keys.client_key).digest(), bare + b"," + first + b"," + without_proof)
    shown = bytes(left ^ right for left, right in zip(keys.client_key, signature, strict=True))
    return challenge.final(without_proof + b",p=" + encoded(shown).encode())[0]


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30))
def test_keys_shown_to_one_server_open_another_with_the_same_verifier(password: str) -> None:
    known = derived(password, b"0123456789abcdef", 2)
    challenge, proof = (
        Challenge(known, _BINDING, _SECRET, "role"),
        Proof(_keys(password, known)),
    )
    final = proof.final(challenge.opening(PLAIN, proof.first()))
    answer, keys = challenge.final(final)
    proof.check(answer)
    assert keys == _keys(password, known)
    assert encoded(keys.client_key) not in repr(keys)


def test_a_verifier_survives_being_text() -> None:
    text = verifier("pencil")
    known = parsed(text)
    assert known is not None
    assert known.text == text
    assert known == derived("pencil", known.salt)
    assert text.rsplit(":", 1)[1] not in repr(known)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("md5" + "0" * 32, id="md5"),
        pytest.param("", id="empty"),
        pytest.param("SCRAM-SHA-256$4096:c2FsdA==$!!!:AAAA", id="not base64"),
    ],
)
def test_a_password_of_another_kind_has_no_verifier(text: str) -> None:
    assert parsed(text) is None


def test_the_right_password_bound_to_the_right_certificate_passes() -> None:
    known = derived("pencil", b"salt", 2)
    assert _bound("pencil", known, _BINDING).startswith(b"v=")


@pytest.mark.parametrize(
    ("binding", "header", "reason"),
    [
        pytest.param(
            b"of somebody between", _HEADER, "channel binding check failed", id="another certificate"
        ),
        pytest.param(_BINDING, b"p=tls-unique,,", "channel-binding type", id="another kind of binding"),
        pytest.param(_BINDING, b"n,,", "channel-binding type", id="no binding in the bound mechanism"),
        pytest.param(_BINDING, b"p=tls-server-end-point,a=me,", "authorization identity", id="an identity"),
    ],
)
def test_a_login_bound_to_anything_else_fails(binding: bytes, header: bytes, reason: str) -> None:
    with pytest.raises(Breach, match=reason):
        _bound("pencil", derived("pencil", b"salt", 2), binding, header)


def test_a_client_told_that_binding_was_not_offered_fails() -> None:
    challenge = Challenge(derived("pencil", b"salt", 2), _BINDING, _SECRET, "role")
    with pytest.raises(Breach, match="negotiation error"):
        challenge.opening(PLAIN, b"y,,n=,r=abc")


def test_a_wrong_password_and_an_unknown_role_fail_alike() -> None:
    known = derived("pencil", b"salt", 2)
    with pytest.raises(Wrong):
        _plain(Challenge(known, _BINDING, _SECRET, "role"))
    with pytest.raises(Wrong):
        _plain(Challenge(None, _BINDING, _SECRET, "nobody"))


def test_the_salt_of_an_unknown_role_stays_the_same() -> None:
    def salt(role: str) -> bytes:
        first = Challenge(None, _BINDING, _SECRET, role).opening(PLAIN, b"n,,n=,r=abc")
        return first.split(b",")[1]

    assert salt("nobody") == salt("nobody") != salt("no one")


def test_a_server_that_does_not_know_the_verifier_is_found_out() -> None:
    known = derived("pencil", b"salt", 2)
    proof = Proof(_keys("pencil", known))
    first = Challenge(known, _BINDING, _SECRET, "role").opening(PLAIN, proof.first())
    proof.final(first)
    for answer in (b"v=" + encoded(b"made up").encode(), b"v=!", b"e=other-error"):
        with pytest.raises(Unproven):
            proof.check(answer)
    with pytest.raises(Unproven):
        Proof(_keys("pencil", known)).final(first)


@given(st.sampled_from([PLAIN, BOUND, "MD5"]), st.binary(max_size=60), st.binary(max_size=60))
def test_whatever_a_client_sends_ends_in_a_reason(mechanism: str, first: bytes, final: bytes) -> None:
    challenge = Challenge(None, _BINDING, _SECRET, "role")

    def exchange() -> None:
        challenge.opening(mechanism, first)
        challenge.final(final)

    with pytest.raises((Breach, Wrong)):
        exchange()


def _plain(challenge: Challenge) -> None:
    proof = Proof(Keys(b"x" * 32, b"y" * 32))
    challenge.final(proof.final(challenge.opening(PLAIN, proof.first())))

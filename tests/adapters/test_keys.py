"""Key pairs: right size, right form, one thumbprint per key, and nothing shown."""

import base64
import hashlib
import json
import re

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from portal.adapters.keys import LocalKeys
from portal.adapters.threads import Threads
from portal.core.secrets import Secret
from portal.errors import UsageError
from tests.adapters.blocking import loop_guard


async def test_rs256_keys_have_3072_bits_and_sign_what_their_public_half_verifies(threads: Threads) -> None:
    pair = await LocalKeys(threads).generate("RS256")
    private = pair.private_pem.reveal("test")
    key = load_pem_private_key(private.encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    assert key.key_size == 3072
    token = jwt.encode({"sub": "x"}, private, algorithm="RS256")
    assert jwt.decode(token, pair.public_pem.reveal("test"), algorithms=["RS256"]) == {"sub": "x"}


async def test_eddsa_keys_are_ed25519_and_sign_what_their_public_half_verifies(threads: Threads) -> None:
    pair = await LocalKeys(threads).generate("EdDSA")
    private = pair.private_pem.reveal("test")
    assert isinstance(load_pem_private_key(private.encode(), password=None), Ed25519PrivateKey)
    token = jwt.encode({"sub": "x"}, private, algorithm="EdDSA")
    assert jwt.decode(token, pair.public_pem.reveal("test"), algorithms=["EdDSA"]) == {"sub": "x"}


@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA"])
async def test_the_key_id_is_the_rfc_7638_thumbprint_of_the_public_jwk(
    threads: Threads, algorithm: str
) -> None:
    pair = await LocalKeys(threads).generate(algorithm)
    public = jwt.get_algorithm_by_name(algorithm).prepare_key(pair.public_pem.reveal("test"))
    jwk = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(public))
    members = {
        name: jwk[name] for name in (("e", "kty", "n") if algorithm == "RS256" else ("crv", "kty", "x"))
    }
    digest = hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest()
    assert pair.key_id == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA"])
async def test_the_pair_can_be_derived_again_from_its_private_half(threads: Threads, algorithm: str) -> None:
    keys = LocalKeys(threads)
    pair = await keys.generate(algorithm)
    again = await keys.public_of(pair.private_pem)
    assert again.key_id == pair.key_id
    assert again.public_pem == pair.public_pem


@pytest.mark.parametrize(
    "text", ["", "not a key", "-----BEGIN PRIVATE KEY-----\nCANARYcanary\n-----END PRIVATE KEY-----"]
)
async def test_text_that_is_no_key_is_refused_without_showing_it(threads: Threads, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        await LocalKeys(threads).public_of(Secret(text))
    assert "CANARY" not in str(caught.value)


async def test_an_unknown_algorithm_is_refused_with_the_ones_that_work(threads: Threads) -> None:
    with pytest.raises(UsageError, match="RS256, EdDSA"):
        await LocalKeys(threads).generate("HS256")


async def test_the_pair_prints_masked(threads: Threads) -> None:
    pair = await LocalKeys(threads).generate("EdDSA")
    assert pair.private_pem.reveal("test").splitlines()[1] not in f"{pair!r} {pair}"


async def test_keys_are_made_off_the_loop(threads: Threads) -> None:
    with loop_guard() as seen:
        await LocalKeys(threads).generate("EdDSA")
    assert seen == []


def test_tokens_are_128_random_bits_in_hex() -> None:
    keys = LocalKeys(Threads())
    tokens = {keys.token() for _ in range(50)}
    assert len(tokens) == 50
    assert all(re.fullmatch(r"[0-9a-f]{32}", token) for token in tokens)

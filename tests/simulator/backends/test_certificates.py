"""Certificates that are made anew in a directory that holds older ones."""

import ssl
from pathlib import Path

from simulator.backends.certificates import Authority


def test_a_certificate_takes_the_place_of_the_one_of_an_earlier_run(tmp_path: Path) -> None:
    Authority(tmp_path).issue("server", "127.0.0.1")
    authority = Authority(tmp_path)
    made = authority.issue("server", "127.0.0.1")
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(made.cert, made.key)
    assert made.cert.read_bytes().count(b"BEGIN CERTIFICATE") == 1

"""The cache check: authenticate over RESP, set a key, get it back."""

import os
import socket
from collections.abc import Mapping
from io import BufferedRWPair

from simulator.workload import names
from simulator.workload.report import CheckFailed

SECONDS = 3
HOSTS = ("DRAGONFLY_HOST", "REDIS_HOST", "endpoint")
PORTS = ("DRAGONFLY_PORT", "REDIS_PORT", "port")
PASSWORDS = ("DRAGONFLY_PASSWORD", "REDIS_PASSWORD", "password")


def probe(env: Mapping[str, str]) -> str:
    """Say where the key was kept; raises CheckFailed when any step does not work."""
    host, port = _setting(env, HOSTS), _setting(env, PORTS)
    password = _setting(env, PASSWORDS)
    address = names.resolve(host, port)
    try:
        with socket.create_connection(address, timeout=SECONDS) as sock, sock.makefile("rwb") as stream:
            _call(stream, "AUTH", password)
            value = os.urandom(8).hex()
            _call(stream, "SET", "workload:check", value, "EX", "60")
            if _call(stream, "GET", "workload:check") != value.encode():
                raise CheckFailed("the key just set could not be read back")
    except OSError as error:
        raise CheckFailed(f"cache at {host}:{port}: {error.strerror or error}") from None
    return f"{host}:{port}, key set and read back"


def _setting(env: Mapping[str, str], spellings: tuple[str, ...]) -> str:
    for name in spellings:
        if env.get(name):
            return env[name]
    raise CheckFailed(f"{spellings[0]} is not set")


def _call(stream: BufferedRWPair, *words: str) -> bytes | None:
    encoded = [word.encode() for word in words]
    stream.write(b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in encoded))
    stream.flush()
    line = stream.readline().rstrip(b"\r\n")
    if not line:
        raise CheckFailed("the cache closed the connection")
    kind, rest = line[:1], line[1:]
    if kind == b"-":
        raise CheckFailed(f"{words[0]} refused: {rest.decode(errors='replace')}")
    if kind == b"$":
        length = int(rest)
        return None if length < 0 else stream.read(length + 2)[:-2]
    return rest

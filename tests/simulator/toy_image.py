"""The toy service as an image: its package and its libraries on an image that has this Python."""

import io
import secrets
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import simulator
from simulator.backends.containers import sdk
from tests.simulator.engines import images

_DISTRIBUTIONS = ("psycopg", "psycopg-binary", "PyJWT", "cryptography", "cffi", "typing_extensions")
_RECIPE = """
FROM {base}
COPY site /opt/toy
ENV PYTHONPATH=/opt/toy WORKLOAD_CONTAINED=1
WORKDIR /opt
ENTRYPOINT ["python3", "/opt/toy/simulator/workload/launcher.py"]
CMD []
"""
_VERSION = "import sys; print(*sys.version_info[:2], sep='.')"


@contextmanager
def toy_image(url: str) -> Iterator[str]:
    """Build it, and remove it at the end; skips where the base has another Python than the tests."""
    from docker.errors import APIError, BuildError  # noqa: PLC0415 - only where there is an engine

    base = images().localstack
    client: Any = sdk.client(url, (1, 41), 120.0)
    tag = f"zerotouch.test/toy:{secrets.token_hex(4)}"
    try:
        ours = f"{sys.version_info.major}.{sys.version_info.minor}"
        theirs = client.containers.run(base, [_VERSION], entrypoint=["python3", "-c"], remove=True)
        if theirs.decode().strip() != ours:
            pytest.skip(f"{base} has Python {theirs.decode().strip()}, the tests have {ours}")
        try:
            client.images.build(fileobj=_context(base), custom_context=True, tag=tag, rm=True)
        except (APIError, BuildError) as exc:
            pytest.skip(f"this engine does not build: {exc}")
        yield tag
        client.images.remove(tag, force=True)
    finally:
        client.close()


def _context(base: str) -> io.BytesIO:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        recipe = _RECIPE.format(base=base).encode()
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(recipe)
        tar.addfile(entry, io.BytesIO(recipe))
        package = Path(simulator.__file__).parent
        for path in (package / "__init__.py", *(package / "workload").glob("*.py")):
            tar.add(path, f"site/{path.relative_to(package.parent)}")
        for name in _DISTRIBUTIONS:
            for file in metadata.files(name) or ():
                if ".." not in file.parts and "__pycache__" not in file.parts:
                    tar.add(str(file.locate()), f"site/{file}")
    made.seek(0)
    return made

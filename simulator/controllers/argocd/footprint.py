"""What a rendering depends on: the folders a kustomization reaches, and a digest of all that lies in them.

kustomize lets a kustomization use files of its own folder only, and other folders by name; so a commit that
changes nothing in these folders changes nothing in the rendering.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def kustomization(folder: Path) -> Path | None:
    """The file that makes a folder a kustomization."""
    return next((folder / name for name in KUSTOMIZATIONS if (folder / name).is_file()), None)


def reached(root: Path, folder: Path) -> set[Path]:
    """The folder and every other one its kustomizations name, inside the checkout."""
    found: set[Path] = set()
    waiting = [folder]
    while waiting:
        at = waiting.pop()
        if at in found:
            continue
        found.add(at)
        file = kustomization(at)
        for text in _texts(_parsed(file)) if file is not None else ():
            named = (at / text).resolve()
            if named.is_relative_to(root) and named.is_dir():
                waiting.append(named)
    return found


def digest(root: Path, folders: Iterable[Path]) -> str:
    """Of the names and contents of all files in these folders, and in those below them."""
    files = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    summed = hashlib.sha256()
    for path in sorted(files):
        content = path.read_bytes()
        summed.update(f"{path.relative_to(root)}\0{len(content)}\0".encode() + content)
    return summed.hexdigest()


def _parsed(file: Path) -> Any:
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError):
        return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if "\n" not in value and "\0" not in value:
            yield value
    elif isinstance(value, dict):
        for below in value.values():
            yield from _texts(below)
    elif isinstance(value, list):
        for below in value:
            yield from _texts(below)

"""What a rendering depends on: the folders a kustomization reaches, and a digest of all that lies in them.

kustomize lets a kustomization use files of its own folder only, and other folders by name; so a commit that
changes nothing in these folders changes nothing in the rendering.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")

_WITHIN = frozenset(
    {
        "apiVersion",
        "commonAnnotations",
        "commonLabels",
        "images",
        "kind",
        "labels",
        "metadata",
        "namespace",
        "replacements",
        "replicas",
        "resources",
    }
)
"""What a kustomization may say of its own objects without any effect on those it is built together with: no
names change, so that no reference is looked for, and nothing is set for the whole of a run."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """A name for what is rendered, and whether it may be rendered together with others."""

    digest: str
    sociable: bool


def footprint(root: Path, folder: Path) -> Footprint:
    """Of a folder in a checkout."""
    found = _kustomizations(root, folder)
    sociable = all(isinstance(each, dict) and each.keys() <= _WITHIN for each in found.values())
    return Footprint(digest(root, found), sociable)


def kustomization(folder: Path) -> Path | None:
    """The file that makes a folder a kustomization."""
    return next((folder / name for name in KUSTOMIZATIONS if (folder / name).is_file()), None)


def reached(root: Path, folder: Path) -> set[Path]:
    """The folder and every other one its kustomizations name, inside the checkout."""
    return set(_kustomizations(root, folder))


def _kustomizations(root: Path, folder: Path) -> Mapping[Path, Any]:
    """The kustomization of each folder that is reached; empty where there is none, None if it is no YAML."""
    found: dict[Path, Any] = {}
    waiting = [folder]
    while waiting:
        at = waiting.pop()
        if at in found:
            continue
        file = kustomization(at)
        found[at] = _parsed(file) if file is not None else {}
        for text in _texts(found[at]):
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

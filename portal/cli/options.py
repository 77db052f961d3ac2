"""Options every command takes, and commands that have actions of their own."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

FORMATS = ("table", "json", "yaml")


def everywhere(parser: argparse.ArgumentParser, *, top: bool) -> None:
    """Options that stand before or after the command; only the top parser has defaults."""

    def default(value: Any) -> Any:
        return value if top else argparse.SUPPRESS

    group = parser.add_argument_group("everywhere")
    group.add_argument("-o", "--output", choices=FORMATS, default=default("table"))
    group.add_argument("--profile", metavar="NAME", default=default(""), help="profile of the settings file")
    group.add_argument(
        "--config", metavar="FILE", type=Path, default=default(None), help="settings file (TOML)"
    )
    group.add_argument(
        "--world",
        metavar="DIR",
        type=Path,
        default=default(None),
        help="run directory of a live rehearsal",
    )
    group.add_argument("--read-only", action="store_true", default=default(False), help="refuse every change")
    group.add_argument(
        "--no-color", action="store_true", default=default(False), help="no colour (or NO_COLOR)"
    )
    group.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        dest="settings",
        default=default([]),
        help="one setting",
    )


def actions(parser: argparse.ArgumentParser) -> Callable[[str, str], argparse.ArgumentParser]:
    """Add an action by its name and its line of help; the chosen one is `args.action`."""
    added = parser.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")

    def action(name: str, text: str) -> argparse.ArgumentParser:
        made = added.add_parser(name, help=text, description=text)
        everywhere(made, top=False)
        return made

    return action

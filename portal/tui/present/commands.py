"""The command line: one table of commands, how a line is read, and what could come next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from portal.errors import UsageError
from portal.tui.present.arrange import GROUPINGS, ORDERS

NONE = "none"
FORMATS = ("json", "csv")
SWITCHES = ("on", "off")


@dataclass(frozen=True, slots=True)
class Command:
    """`takes` names what its argument is, empty where it has none; `needed` whether it may be left out."""

    name: str
    does: str
    aliases: tuple[str, ...] = ()
    takes: str = ""
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """A command and its argument."""

    name: str
    argument: str = ""


Vocabulary = Mapping[str, Sequence[str]]
"""What may stand for an argument, by what it is."""

COMMANDS = (
    Command("fleet", "every tenant", ("home", "f")),
    Command("tenant", "open one tenant", ("t", "open"), "tenant", needed=True),
    Command("filter", "show the tenants it admits; without one, all", ("where",), "filter"),
    Command("keep", "save the filter in force; filter @NAME shows it again", ("save",), "name", needed=True),
    Command("faults", "only what is not healthy, or all again", ("bad",), "switch"),
    Command("sort", "order by a column; the same once more turns it around", ("order", "by"), "column", True),
    Command("group", "headings by environment, team or state", (), "grouping", needed=True),
    Command("environment", "one environment, or all", ("env", "ctx", "context"), "environment", needed=True),
    Command("theme", "colours", ("skin",), "theme", needed=True),
    Command("onboard", "bring a service up: form, plan, progress, verified chain", ("new",)),
    Command("rotate", "replace a credential of a tenant: database, jwt or a key", (), "credential", True),
    Command("offboard", "take a tenant down, as its own plan", (), "tenant", needed=True),
    Command("repair", "bring a tenant about again as this machine onboarded it", (), "tenant", needed=True),
    Command(
        "compare",
        "Parameter Store against the cluster, value by value, showing neither",
        ("match",),
        "tenant",
        True,
    ),
    Command("reveal", "show one value for 30 seconds; asks why and writes it down", (), "secret", True),
    Command("diff", "what ArgoCD saw to differ from git", (), "tenant", needed=True),
    Command("recheck", "have ArgoCD compare a tenant, or the marked, with git now", (), "tenants", True),
    Command("sync", "have ArgoCD apply what git holds of a tenant", (), "tenant", needed=True),
    Command("resume", "what was begun and not finished", ("journal", "unfinished")),
    Command("world", "the rehearsal: backends, faults in force, calls", ("rehearsal",)),
    Command(
        "fault",
        "break something on purpose, such as ssm:PutParameter throttle nth=2",
        ("break",),
        "fault",
        True,
    ),
    Command(
        "drill", "take a source away and give it back, and judge what is shown", (), "drill", needed=True
    ),
    Command("unfault", "take a fault away, or all", ("mend",), "rule", needed=True),
    Command("export", "the table as it is shown, or the marked, into a file", (), "format"),
    Command("screenshot", "a picture of the screen, into a file", ("shot",)),
    Command("notes", "everything that was told, newest first", ("notifications", "log")),
    Command("activity", "show or hide the steps of what is under way", ("a",)),
    Command("refresh", "ask every source again now", ("r",)),
    Command("back", "to the place before", ("prev",)),
    Command("forward", "to the place after", ("next",)),
    Command("help", "all keys and commands", ("h", "?")),
    Command("quit", "leave; a rehearsal world ends with it", ("q", "exit", "q!")),
)
FIXED: Vocabulary = MappingProxyType(
    {
        "column": ORDERS,
        "grouping": (*GROUPINGS, NONE),
        "format": FORMATS,
        "switch": SWITCHES,
    }
)
# These take one of their words and nothing else.
_CLOSED = (
    "tenant",
    "tenants",
    "column",
    "grouping",
    "environment",
    "theme",
    "format",
    "switch",
    "rule",
    "drill",
)
_BY_NAME = {word: command for command in COMMANDS for word in (command.name, *command.aliases)}


def read_order(line: str, vocabulary: Vocabulary) -> Order:
    """The order a line gives; raises UsageError saying what there is instead."""
    word, _, argument = line.strip().removeprefix(":").partition(" ")
    argument = argument.strip()
    command = _BY_NAME.get(word.lower())
    if command is None:
        close = get_close_matches(word.lower(), _BY_NAME, 1)
        hint = f"Did you mean {close[0]}?" if close else "? shows every command"
        raise UsageError(f"there is no command {word[:40]!r}", hint=hint)
    if argument and not command.takes:
        raise UsageError(f"{command.name} takes nothing behind it")
    if not argument:
        if command.needed:
            raise UsageError(f"{command.name} needs a {command.takes}: {_some(vocabulary, command.takes)}")
        return Order(command.name)
    return Order(command.name, _chosen(command.takes, argument, vocabulary))


def completions(line: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Whole lines this one could become: those that begin so first, then those that contain it."""
    word, space, argument = line.lstrip().removeprefix(":").partition(" ")
    if not space:
        return _ranked(word.lower(), [command.name for command in COMMANDS]) or tuple(
            _BY_NAME[alias].name for alias in _BY_NAME if alias == word.lower()
        )
    command = _BY_NAME.get(word.lower())
    if command is None:
        return ()
    found = _ranked(argument.strip().lower(), vocabulary.get(command.takes, ()))
    return tuple(f"{command.name} {word}" for word in found)


def described(line: str) -> str:
    """What the command at the beginning of a line does, empty where there is none."""
    command = _BY_NAME.get(line.lstrip().removeprefix(":").partition(" ")[0].lower())
    return command.does if command else ""


def usage(command: Command) -> str:
    """`tenant TENANT`, `sort COLUMN`, `export (FORMAT)`."""
    argument = command.takes.upper()
    if not argument:
        return command.name
    return f"{command.name} {argument}" if command.needed else f"{command.name} ({argument})"


def _chosen(takes: str, argument: str, vocabulary: Vocabulary) -> str:
    """A word of a closed vocabulary may be cut as long as it is clear which one is meant."""
    if takes not in _CLOSED:
        return argument
    words = vocabulary.get(takes, ())
    if argument in words:
        return argument
    meant = [word for word in words if word.lower().startswith(argument.lower())]
    if len(meant) == 1:
        return meant[0]
    raise UsageError(f"there is no {takes} {argument[:60]!r}: {_some(vocabulary, takes)}")


def _ranked(typed: str, words: Sequence[str]) -> tuple[str, ...]:
    begin = [word for word in words if word.lower().startswith(typed)]
    contain = [word for word in words if typed in word.lower() and word not in begin]
    return (*begin, *contain)


def _some(vocabulary: Vocabulary, takes: str, most: int = 8) -> str:
    words = vocabulary.get(takes, ())
    return ", ".join(words[:most]) + (", …" if len(words) > most else "") if words else "there is none"

"""Keys, commands and the language of the filter, as a sheet."""

from collections.abc import Iterable

from portal.tui.present.commands import COMMANDS, Command, usage
from portal.tui.present.filtering import COLUMNS
from portal.tui.present.pieces import Piece, Tone
from portal.tui.present.sheet import Section, Sheet

_FILTER = (
    ("idsv", "letters of a name in this order, or a word of state or cause"),
    ("/^pay/", "a regular expression"),
    ("state:broken,unknown", f"one column: {', '.join(COLUMNS)}"),
    ("!healthy", "! before any of them turns it around; several must all hold"),
)


def help_sheet(keys: Iterable[tuple[str, str]]) -> Sheet:
    """The keys given, then every command, then the filter."""
    return (
        _section("Keys", keys),
        _section("Commands, after :", ((usage(command), _does(command)) for command in COMMANDS)),
        _section("Filter, after /", _FILTER),
    )


def _section(title: str, rows: Iterable[tuple[str, str]]) -> Section:
    drawn = tuple((Piece(left), Piece(right, Tone.FAINT)) for left, right in rows)
    return Section(Piece(title, Tone.STRONG), (), ("", ""), drawn)


def _does(command: Command) -> str:
    return f"{command.does} ({', '.join(command.aliases)})" if command.aliases else command.does

"""The names of every key binding, and how a binding reads once its keys were changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from textual.binding import Binding, BindingType

from portal.tui.bindings import APP, FLEET, FLEET_TABLE, TENANT, WORLD
from portal.tui.screens.asked import AskedScreen
from portal.tui.screens.consent import ConsentScreen
from portal.tui.screens.form import FormScreen
from portal.tui.screens.help import HelpScreen
from portal.tui.screens.logs import LogsScreen
from portal.tui.screens.notes import NotesScreen
from portal.tui.screens.reveal import RevealScreen
from portal.tui.screens.review import ReviewScreen
from portal.tui.screens.unfinished import UnfinishedScreen
from portal.tui.widgets.filter_bar import FilterBar

_OWN = (
    AskedScreen,
    ConsentScreen,
    FilterBar,
    FormScreen,
    HelpScreen,
    LogsScreen,
    NotesScreen,
    RevealScreen,
    ReviewScreen,
    UnfinishedScreen,
)


def unknown_names(keys: Mapping[str, str]) -> list[str]:
    """Those among the names that name no binding."""
    return sorted(keys.keys() - set(_names()))


def clashes(keys: Mapping[str, str]) -> list[str]:
    """What a chosen key means beside what it was chosen for, where both are in force at the same time."""
    found: dict[str, None] = {}
    for table in _tables():
        meant: dict[str, str] = {}
        for name, key in _meant([*APP, *table] if table is not APP else table, keys):
            other = meant.setdefault(key, name)
            if other != name and {other, name} & keys.keys():
                found[f"{key} is the key of both {other} and {name}"] = None
    return sorted(found)


def _meant(bindings: Iterable[BindingType], keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Name and key of each binding that has a name, as often as it has keys."""
    for binding in changed(bindings, keys):
        if isinstance(binding, Binding) and binding.id:
            yield from ((binding.id, key.strip()) for key in binding.key.split(","))


def _names() -> Iterator[str]:
    for table in _tables():
        yield from (binding.id for binding in table if isinstance(binding, Binding) and binding.id)


def _tables() -> Iterator[Sequence[BindingType]]:
    """The bindings of the application, then those of each of its screens and widgets."""
    yield from (APP, FLEET, FLEET_TABLE, TENANT, WORLD)
    yield from (owner.BINDINGS for owner in _OWN)


def changed(bindings: Iterable[BindingType], keys: Mapping[str, str]) -> list[BindingType]:
    """The bindings with their keys as they are now."""
    return [
        binding.with_key(keys[binding.id], None)
        if isinstance(binding, Binding) and binding.id is not None and binding.id in keys
        else binding
        for binding in bindings
    ]

"""The names of every key binding, and how a binding reads once its keys were changed."""

from collections.abc import Iterable, Iterator, Mapping

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


def _names() -> Iterator[str]:
    tables: list[Iterable[BindingType]] = [APP, FLEET, FLEET_TABLE, TENANT, WORLD]
    tables += [owner.BINDINGS for owner in _OWN]
    for table in tables:
        yield from (binding.id for binding in table if isinstance(binding, Binding) and binding.id)


def changed(bindings: Iterable[BindingType], keys: Mapping[str, str]) -> list[BindingType]:
    """The bindings with their keys as they are now."""
    return [
        binding.with_key(keys[binding.id], None)
        if isinstance(binding, Binding) and binding.id is not None and binding.id in keys
        else binding
        for binding in bindings
    ]

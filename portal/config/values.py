"""Turn text and TOML values into the types of settings fields."""

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Fields:
    """Names and types of a settings dataclass, in declaration order."""

    names: tuple[str, ...]
    types: dict[str, Any]

    @classmethod
    def of(cls, settings: Any) -> "Fields":
        hints = typing.get_type_hints(settings)
        names = tuple(item.name for item in dataclasses.fields(settings))
        return cls(names, {name: hints[name] for name in names})


def convert(value: Any, wanted: Any) -> Any:
    """`value` as `wanted`: str, bool, int, float, Path, a Literal of words, one of them with None, or a table
    of texts.

    Raises ValueError with a sentence that names the expected type.
    """
    if typing.get_origin(wanted) in {UnionType, Union}:
        wanted = next(arg for arg in typing.get_args(wanted) if arg is not type(None))
    if is_table(wanted):
        return _table(value)
    if wanted is bool:
        return _boolean(value)
    if wanted in {int, float}:
        return _number(value, wanted)
    if not isinstance(value, str):
        raise ValueError(f"expected text, not {value!r}")  # noqa: TRY004 - one exception for every misfit
    if typing.get_origin(wanted) is Literal and value not in typing.get_args(wanted):
        raise ValueError(f"expected {' or '.join(typing.get_args(wanted))}, not {value!r}")
    return Path(value).expanduser() if wanted is Path else value


def is_table(wanted: Any) -> bool:
    """Whether a field maps names to texts."""
    return typing.get_origin(wanted) is Mapping


def _table(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError(f"expected a table of texts, not {value!r}")
    return value


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).lower()
    if text not in TRUE | FALSE:
        raise ValueError(f"expected true or false, not {value!r}")
    return text in TRUE


def _number(value: Any, wanted: type[int] | type[float]) -> float:
    try:
        number = wanted(value)
    except (TypeError, ValueError) as exc:
        raise ValueError(f"expected a number, not {value!r}") from exc
    if isinstance(value, bool) or number <= 0:
        raise ValueError(f"expected a positive number, not {value!r}")
    return number

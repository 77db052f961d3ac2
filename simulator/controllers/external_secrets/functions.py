"""The functions of Secret templates: those of Go, and of sprig those that platforms use."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from urllib.parse import quote_plus

from simulator.controllers.goformat import sprintf

Value = str | int | bool | None | list["Value"] | Mapping[str, "Value"]


class TemplateError(Exception):
    """The template cannot be executed; its text holds no value."""


def call(name: str, arguments: tuple[Value, ...]) -> Value:
    """The value of a function; raises TemplateError."""
    function = _FUNCTIONS.get(name)
    if function is None:
        raise TemplateError(f'function "{name}" not defined')
    try:
        return function(*arguments)
    except (TypeError, ValueError, IndexError, KeyError):
        raise TemplateError(f"error calling {name}: wrong arguments") from None


def shown(value: Value) -> str:
    """A value as an action prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list):
        return to_json(value)
    return "<no value>" if value is None else str(value)


def to_json(value: Value) -> str:
    """As encoding/json prints it: sorted keys, no spaces, HTML characters escaped."""
    plain = dict(value) if isinstance(value, Mapping) else value
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def true(value: Value) -> bool:
    """Go's idea of truth: what is neither empty nor zero."""
    return bool(value)


def _index(data: Value, *keys: Value) -> Value:
    for key in keys:
        if isinstance(data, Mapping):
            data = data.get(str(key), "")
        elif isinstance(data, list) and isinstance(key, int):
            data = data[key]
        else:
            raise TypeError("neither a map nor a list")
    return data


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _indented(spaces: Value, value: Value) -> str:
    pad = " " * _number(spaces)
    return pad + shown(value).replace("\n", "\n" + pad)


def _number(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError("not a number")
    return value


def _trunc(length: Value, value: Value) -> str:
    size, text = _number(length), shown(value)
    return text[:size] if size >= 0 else text[size:]


def _length(value: Value) -> int:
    if isinstance(value, str | list | Mapping):
        return len(value)
    raise TypeError("has no length")


def _joined(separator: Value, values: Value) -> str:
    if not isinstance(values, list):
        raise TypeError("not a list")
    return shown(separator).join(map(shown, values))


def _split(separator: Value, value: Value) -> Value:
    return list(shown(value).split(shown(separator)))


def _dict(*pairs: Value) -> Value:
    return {shown(key): value for key, value in zip(pairs[::2], pairs[1::2], strict=True)}


def _and(*values: Value) -> Value:
    return next((value for value in values if not true(value)), values[-1])


def _or(*values: Value) -> Value:
    return next((value for value in values if true(value)), values[-1])


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "printf": lambda form, *values: sprintf(shown(form), values),
    "print": lambda *values: "".join(map(shown, values)),
    "b64enc": lambda value: base64.b64encode(shown(value).encode()).decode(),
    "b64dec": lambda value: base64.b64decode(shown(value), validate=True).decode(),
    "toJson": to_json,
    "fromJson": lambda value: json.loads(shown(value)),
    "quote": lambda *values: " ".join(_quote(shown(v)) for v in values),
    "squote": lambda *values: " ".join(f"'{shown(v)}'" for v in values),
    "toString": shown,
    "trim": lambda value: shown(value).strip(),
    "upper": lambda value: shown(value).upper(),
    "lower": lambda value: shown(value).lower(),
    "replace": lambda old, new, value: shown(value).replace(shown(old), shown(new)),
    "trimPrefix": lambda prefix, value: shown(value).removeprefix(shown(prefix)),
    "trimSuffix": lambda suffix, value: shown(value).removesuffix(shown(suffix)),
    "hasPrefix": lambda prefix, value: shown(value).startswith(shown(prefix)),
    "hasSuffix": lambda suffix, value: shown(value).endswith(shown(suffix)),
    "contains": lambda part, value: shown(part) in shown(value),
    "trunc": _trunc,
    "indent": _indented,
    "nindent": lambda spaces, value: "\n" + _indented(spaces, value),
    "sha256sum": lambda value: hashlib.sha256(shown(value).encode()).hexdigest(),
    "urlquery": lambda value: quote_plus(shown(value)),
    "default": lambda fallback, value="": value if true(value) else fallback,
    "ternary": lambda yes, no, test: yes if true(test) else no,
    "index": _index,
    "get": _index,
    "hasKey": lambda data, key: shown(key) in data,
    "len": _length,
    "join": _joined,
    "splitList": _split,
    "list": lambda *values: list(values),
    "dict": _dict,
    "eq": lambda first, *others: any(first == other for other in others),
    "ne": lambda first, second: first != second,
    "not": lambda value: not true(value),
    "and": _and,
    "or": _or,
}

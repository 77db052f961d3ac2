"""The subset of Go templates with sprig functions that Secret templates are written in.

An action is a pipeline of calls: `{{ .key }}`, `{{ printf "%s:%s" .username .password | b64enc }}`. A string
literal, a field, a number or a parenthesised pipeline may stand as an argument; each stage hands its result
on as the next one's last argument.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus

from simulator.controllers.goformat import sprintf

_ACTION = re.compile(r"\{\{(-?)\s*(.*?)\s*(-?)\}\}", re.DOTALL)
_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:\\.|[^"\\])*"|`[^`]*`)|(?P<field>\.[A-Za-z_][\w]*|\.(?![\w]))'
    r"|(?P<number>-?\d+)|(?P<name>[A-Za-z_]\w*)|(?P<mark>[|()]))"
)

Value = str | int | Mapping[str, str]


class TemplateError(Exception):
    """The template cannot be executed; its text holds no value."""


def execute(template: str, data: Mapping[str, str]) -> str:
    """The template with its actions replaced; raises TemplateError."""
    out, at, trim = [], 0, False
    for action in _ACTION.finditer(template):
        literal = template[at : action.start()]
        literal = literal.lstrip() if trim else literal
        out.append(literal.rstrip() if action[1] else literal)
        if not action[2].startswith("/*"):
            out.append(_text(_Parser(action[2], data).run()))
        at, trim = action.end(), bool(action[3])
    rest = template[at:]
    out.append(rest.lstrip() if trim else rest)
    return "".join(out)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


class _Parser:
    """Evaluates one action by recursive descent."""

    def __init__(self, action: str, data: Mapping[str, str]) -> None:
        self._tokens = list(_tokens(action))
        self._data = data
        self._at = 0

    def run(self) -> Value:
        value = self._pipeline()
        if self._peek() is not None:
            raise TemplateError("unexpected text after the pipeline")
        return value

    def _pipeline(self) -> Value:
        value = self._command(())
        while (token := self._peek()) is not None and token.text == "|":
            self._at += 1
            value = self._command((value,))
        return value

    def _command(self, piped: tuple[Value, ...]) -> Value:
        token = self._peek()
        if token is not None and token.kind == "name":
            self._at += 1
            arguments = []
            while (following := self._peek()) is not None and following.text not in {"|", ")"}:
                arguments.append(self._operand())
            return _call(token.text, (*arguments, *piped))
        if piped:
            raise TemplateError("a pipeline stage must be a function")
        return self._operand()

    def _operand(self) -> Value:
        token = self._peek()
        if token is None:
            raise TemplateError("missing value for command")
        self._at += 1
        match token.kind:
            case "text":
                return token.text[1:-1] if token.text[0] == "`" else str(json.loads(token.text))
            case "number":
                return int(token.text)
            case "field":
                return self._field(token.text[1:])
            case "name":
                return _call(token.text, ())
        if token.text != "(":
            raise TemplateError(f"unexpected {token.text!r}")
        value = self._pipeline()
        closing = self._peek()
        if closing is None or closing.text != ")":
            raise TemplateError("unclosed left paren")
        self._at += 1
        return value

    def _field(self, name: str) -> Value:
        if not name:
            return self._data
        if name not in self._data:
            raise TemplateError(f'map has no entry for key "{name}"')
        return self._data[name]

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None


def _tokens(action: str) -> Iterator[_Token]:
    at = 0
    while at < len(action.rstrip()):
        found = _TOKEN.match(action, at)
        if found is None or found.lastgroup is None:
            raise TemplateError(f"unexpected {action[at : at + 1]!r} in action")
        yield _Token(found.lastgroup, found[found.lastgroup])
        at = found.end()


def _call(name: str, arguments: tuple[Value, ...]) -> Value:
    function = _FUNCTIONS.get(name)
    if function is None:
        raise TemplateError(f'function "{name}" not defined')
    try:
        return function(*arguments)
    except (TypeError, ValueError, IndexError):
        raise TemplateError(f"error calling {name}: wrong arguments") from None


def _text(value: Value) -> str:
    return value if isinstance(value, str) else _json(value) if isinstance(value, Mapping) else str(value)


def _json(value: Value) -> str:
    """As encoding/json prints it: sorted keys, no spaces, HTML characters escaped."""
    value = dict(value) if isinstance(value, Mapping) else value
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _b64enc(value: Value) -> str:
    return base64.b64encode(_text(value).encode()).decode()


def _b64dec(value: Value) -> str:
    return base64.b64decode(_text(value), validate=True).decode()


def _default(fallback: Value, value: Value = "") -> Value:
    return value or fallback


def _index(data: Value, key: Value) -> Value:
    if not isinstance(data, Mapping):
        raise TypeError("not a map")
    return data.get(str(key), "")


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "printf": lambda form, *values: sprintf(_text(form), values),
    "print": lambda *values: "".join(_text(v) for v in values),
    "b64enc": _b64enc,
    "b64dec": _b64dec,
    "toJson": _json,
    "quote": lambda *values: " ".join(_quote(_text(v)) for v in values),
    "squote": lambda *values: " ".join(f"'{_text(v)}'" for v in values),
    "toString": _text,
    "trim": lambda value: _text(value).strip(),
    "upper": lambda value: _text(value).upper(),
    "lower": lambda value: _text(value).lower(),
    "replace": lambda old, new, value: _text(value).replace(_text(old), _text(new)),
    "trimPrefix": lambda prefix, value: _text(value).removeprefix(_text(prefix)),
    "trimSuffix": lambda suffix, value: _text(value).removesuffix(_text(suffix)),
    "urlquery": lambda value: quote_plus(_text(value)),
    "default": _default,
    "index": _index,
}

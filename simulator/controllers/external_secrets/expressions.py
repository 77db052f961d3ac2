"""One pipeline of a template: `.username | b64enc`, `printf "%s:%s" .a (index . "b")`, `$name.field`."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from simulator.controllers.external_secrets.functions import TemplateError, Value, call

_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:\\.|[^"\\])*"|`[^`]*`)|(?P<field>\$?\w*(?:\.[A-Za-z_]\w*)+|\$\w*|\.(?![\w]))'
    r"|(?P<number>-?\d+)|(?P<name>[A-Za-z_]\w*)|(?P<mark>[|()]))"
)
_WORDS: dict[str, Value] = {"true": True, "false": False, "nil": None}


def evaluate(pipeline: str, dot: Value, variables: Mapping[str, Value]) -> Value:
    """The pipeline's value; raises TemplateError."""
    return _Parser(pipeline, dot, variables).run()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


class _Parser:
    """Evaluates by recursive descent: each stage hands its result on as the next one's last argument."""

    def __init__(self, pipeline: str, dot: Value, variables: Mapping[str, Value]) -> None:
        self._tokens = list(_tokens(pipeline))
        self._dot = dot
        self._variables = variables
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
        if token is not None and token.kind == "name" and token.text not in _WORDS:
            self._at += 1
            arguments = []
            while (following := self._peek()) is not None and following.text not in {"|", ")"}:
                arguments.append(self._operand())
            return call(token.text, (*arguments, *piped))
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
                return self._field(token.text)
            case "name":
                return _WORDS[token.text] if token.text in _WORDS else call(token.text, ())
        if token.text != "(":
            raise TemplateError(f"unexpected {token.text!r}")
        value = self._pipeline()
        closing = self._peek()
        if closing is None or closing.text != ")":
            raise TemplateError("unclosed left paren")
        self._at += 1
        return value

    def _field(self, path: str) -> Value:
        start, *names = path.split(".")
        value = self._variable(start) if start else self._dot
        for name in filter(None, names):
            if not isinstance(value, Mapping):
                raise TemplateError(f"can't evaluate field {name}")
            if name not in value:
                raise TemplateError(f'map has no entry for key "{name}"')
            value = value[name]
        return value

    def _variable(self, name: str) -> Value:
        if name not in self._variables:
            raise TemplateError(f'undefined variable "{name}"')
        return self._variables[name]

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None


def _tokens(pipeline: str) -> Iterator[_Token]:
    at = 0
    while at < len(pipeline.rstrip()):
        found = _TOKEN.match(pipeline, at)
        if found is None or found.lastgroup is None:
            raise TemplateError(f"unexpected {pipeline[at : at + 1]!r} in action")
        yield _Token(found.lastgroup, found[found.lastgroup])
        at = found.end()

"""The subset of Go templates that Secret templates are written in: actions, if, with, range and variables."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from simulator.controllers.external_secrets.expressions import evaluate
from simulator.controllers.external_secrets.functions import TemplateError, Value, shown, true

__all__ = ["TemplateError", "execute"]

_ACTION = re.compile(r"\{\{(-?)\s*(.*?)\s*(-?)\}\}", re.DOTALL)
_ASSIGNED = re.compile(r"(?P<names>\$\w+(?:\s*,\s*\$\w+)?)\s*:?=\s*(?P<pipeline>.*)", re.DOTALL)
_BLOCKS = frozenset({"if", "with", "range"})


def execute(template: str, data: Mapping[str, str]) -> str:
    """The template with its actions replaced; raises TemplateError."""
    pieces = list(_pieces(template))
    run = _Run(pieces)
    text = run.block(dict(data), {"$": dict(data)}, showing=True)
    if run.at < len(pieces):
        raise TemplateError(f"unexpected {{{{{pieces[run.at].text}}}}}")
    return text


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    action: bool = False


def _pieces(template: str) -> Iterator[_Piece]:
    """Literal texts, with what their neighbours trim trimmed, and the insides of actions."""
    at, trim = 0, False
    for action in _ACTION.finditer(template):
        literal = template[at : action.start()]
        literal = literal.lstrip() if trim else literal
        yield _Piece(literal.rstrip() if action[1] else literal)
        if not action[2].startswith("/*"):
            yield _Piece(action[2], action=True)
        at, trim = action.end(), bool(action[3])
    rest = template[at:]
    yield _Piece(rest.lstrip() if trim else rest)


class _Run:
    """Walks the pieces once; `at` is the next of them."""

    def __init__(self, pieces: list[_Piece]) -> None:
        self._pieces = pieces
        self.at = 0

    def block(self, dot: Value, variables: dict[str, Value], *, showing: bool) -> str:
        """Everything up to the `else` or `end` that closes this block; nothing when it is not `showing`."""
        out: list[str] = []
        while self.at < len(self._pieces):
            piece = self._pieces[self.at]
            word = piece.text.split(maxsplit=1)[0] if piece.action and piece.text else ""
            if word in {"else", "end"}:
                break
            self.at += 1
            if not piece.action:
                out.append(piece.text)
            elif word in _BLOCKS:
                out.append(self._nested(word, piece.text[len(word) :].strip(), dot, variables, showing))
            elif showing:
                out.append(_action(piece.text, dot, variables))
        return "".join(out) if showing else ""

    def _nested(
        self, word: str, pipeline: str, dot: Value, variables: dict[str, Value], showing: bool
    ) -> str:
        names, pipeline = _names(pipeline)
        value = evaluate(pipeline, dot, variables) if showing else None
        holds = showing and true(value)
        start, text = self.at, ""
        turns = list(_turns(word, value, dot)) if holds else []
        for key, inner in turns:
            self.at = start
            text += self.block(inner, {**variables, **_bound(names, key, inner, value, word)}, showing=True)
        if not turns:
            self.block(dot, variables, showing=False)
        return text + self._otherwise(dot, variables, showing=showing and not holds)

    def _otherwise(self, dot: Value, variables: dict[str, Value], *, showing: bool) -> str:
        """The `else` parts up to and with the `end`."""
        if self.at >= len(self._pieces):
            raise TemplateError("unexpected EOF")
        text = self._pieces[self.at].text
        self.at += 1
        if text.strip() == "end":
            return ""
        word, _, pipeline = text.removeprefix("else").strip().partition(" ")
        if word in _BLOCKS:
            return self._nested(word, pipeline.strip(), dot, variables, showing)
        shown_text = self.block(dot, variables, showing=showing)
        self.at += 1
        return shown_text


def _action(text: str, dot: Value, variables: dict[str, Value]) -> str:
    names, pipeline = _names(text)
    value = evaluate(pipeline, dot, variables)
    if not names:
        return shown(value)
    variables[names[0]] = value
    return ""


def _names(text: str) -> tuple[list[str], str]:
    """The variables a pipeline is assigned to, and the pipeline."""
    found = _ASSIGNED.fullmatch(text)
    if found is None:
        return [], text
    return [name.strip() for name in found["names"].split(",")], found["pipeline"]


def _turns(word: str, value: Value, dot: Value) -> Iterator[tuple[Value, Value]]:
    """How often a block is executed, with which key and which dot."""
    if word == "range" and isinstance(value, Mapping):
        yield from sorted(value.items())
    elif word == "range":
        if not isinstance(value, list):
            raise TemplateError("range can't iterate over what is neither a map nor a list")
        yield from enumerate(value)
    else:
        yield 0, value if word == "with" else dot


def _bound(names: list[str], key: Value, inner: Value, value: Value, word: str) -> dict[str, Value]:
    if word != "range":
        return dict.fromkeys(names[:1], value)
    values = (key, inner) if len(names) > 1 else (inner,)
    return dict(zip(names, values, strict=False))

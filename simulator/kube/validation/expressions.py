"""The rules of a custom resource's schema (x-kubernetes-validations), asked of an object."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from simulator.kube.status import Cause, Object
from simulator.kube.validation.causes import Struct, duplicate, forbidden_field, invalid_value, required
from simulator.kube.validation.functions import FUNCTIONS

if TYPE_CHECKING:
    from cel import Context, Program

_RULES: Final = "x-kubernetes-validations"
_OLD: Final = re.compile(r"\boldSelf\b")
_STEP: Final = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\['([^']*)'\]")
_RESERVED: Final = frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
        "namespace",
        "null",
        "package",
        "return",
        "true",
        "var",
        "void",
        "while",
    ]
)
_ESCAPES: Final = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))
_BLOCKING: Final = frozenset(
    {
        "FieldValueNotSupported",
        "FieldValueRequired",
        "FieldValueTooLong",
        "FieldValueTooMany",
        "FieldValueTypeInvalid",
    }
)
_UNCHECKED: Final = (
    "some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)
_NOTHING: Final = object()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what must hold, and how it is told when it does not."""

    program: "Program"
    expression: str
    of_change: bool
    optional: bool
    message: str
    spoken: "Program | None"
    reason: str
    field: str


@dataclass(slots=True)
class Rules:
    """The rules of one place in a schema, and of the places below it."""

    kind: str = ""
    own: list[Rule] = field(default_factory=list)
    properties: dict[str, "Rules"] = field(default_factory=dict)
    items: "Rules | None" = None
    values: "Rules | None" = None
    keys: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not (self.own or self.properties or self.items or self.values)


def later(schema: Object) -> Callable[[], Rules | None]:
    """The rules of a schema, compiled when they are first asked for; None where it has none."""
    return cache(lambda: compiled(schema) if _has_rules(schema) else None)


def _has_rules(schema: Any) -> bool:
    if isinstance(schema, dict):
        return bool(schema.get(_RULES)) or any(map(_has_rules, schema.values()))
    return isinstance(schema, list) and any(map(_has_rules, schema))


def faults(schema: Any, path: str) -> Iterator[Cause]:
    """The rules of a schema that cannot be compiled."""
    for at, raw in enumerate(schema.get(_RULES) or ()):
        try:
            _rule(raw)
        except ValueError as exc:
            given = (raw.get("rule", ""), raw.get("message", ""), raw.get("messageExpression", ""))
            shown = Struct(zip(("Rule", "Message", "MessageExpression"), given, strict=True))
            shown |= {"Reason": raw.get("reason"), "FieldPath": raw.get("fieldPath", "")}
            says = f"compilation failed: {str(exc).partition(': ')[2]}"
            yield invalid_value(f"{path}.{_RULES}[{at}].rule", Struct(shown), says)
    for name, below in (schema.get("properties") or {}).items():
        yield from faults(below, f"{path}.properties[{name}]")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from faults(schema[key], f"{path}.{key}")


def compiled(schema: Object) -> Rules:
    """Everything a schema asks; raises ValueError for a rule that is none."""
    rules = Rules(kind=schema.get("type", ""), own=[_rule(one) for one in schema.get(_RULES) or ()])
    for name, below in (schema.get("properties") or {}).items():
        rules.names[name] = _escaped(name)
        found = compiled(below)
        if not found.empty:
            rules.properties[name] = found
    rules.items = _below(schema.get("items"))
    rules.values = _below(schema.get("additionalProperties"))
    if schema.get("x-kubernetes-list-type") == "map":
        rules.keys = tuple(schema.get("x-kubernetes-list-map-keys") or ())
    return rules


def _below(schema: Any) -> Rules | None:
    found = compiled(schema) if isinstance(schema, dict) else None
    return found if found is not None and not found.empty else None


def _rule(raw: Object) -> Rule:
    import cel  # noqa: PLC0415 - few definitions have rules, and the language takes long to load

    expression, spoken = raw.get("rule", "").strip(), raw.get("messageExpression", "")
    return Rule(
        program=cel.compile(expression),
        expression=expression,
        of_change=bool(_OLD.search(expression)),
        optional=bool(raw.get("optionalOldSelf")),
        message=raw.get("message", "").strip() or f"failed rule: {expression}",
        spoken=cel.compile(spoken) if spoken else None,
        reason=raw.get("reason", ""),
        field=raw.get("fieldPath", ""),
    )


def _escaped(name: str) -> str:
    """What a property is called in the language, which has names of its own."""
    if name in _RESERVED:
        return f"__{name}__"
    for part, escape in _ESCAPES:
        name = name.replace(part, escape)
    return name


def causes(rules: Rules, value: Object, old: Object | None, found: list[Cause]) -> Iterator[Cause]:
    """Every rule that an object breaks; none is asked of one whose fields are wrong already."""
    if any(one.reason in _BLOCKING for one in found):
        yield invalid_value("<nil>", None, _UNCHECKED)
        return
    yield from _causes(rules, value, _NOTHING if old is None else old, "")


def _causes(rules: Rules, value: Any, old: Any, path: str) -> Iterator[Cause]:
    if value is None or (old is not _NOTHING and old == value):
        return
    for rule in rules.own:
        if not rule.of_change or old is not _NOTHING or rule.optional:
            yield from _judged(rules, rule, value, old, path)
    if isinstance(value, dict):
        before = old if isinstance(old, dict) else {}
        for name, item in value.items():
            below = rules.properties.get(name) or rules.values
            if below is not None:
                known = name in rules.properties
                where = (f"{path}.{name}" if path else name) if known else f"{path}[{name}]"
                yield from _causes(below, item, before.get(name, _NOTHING), where)
    elif isinstance(value, list) and rules.items is not None:
        for at, item in enumerate(value):
            yield from _causes(rules.items, item, _counterpart(rules, item, old), f"{path}[{at}]")


def _counterpart(rules: Rules, item: Any, old: Any) -> Any:
    """The same item before; only items of lists with keys can be told again."""
    if not rules.keys or not isinstance(old, list):
        return _NOTHING
    wanted = [item.get(key) for key in rules.keys]
    return next((one for one in old if [one.get(key) for key in rules.keys] == wanted), _NOTHING)


def _judged(rules: Rules, rule: Rule, value: Any, old: Any, path: str) -> Iterator[Cause]:
    context = _context(rules, rule, value, old)
    try:
        holds = rule.program.execute(context)
    except Exception as exc:  # noqa: BLE001 - whatever the language or its functions find wrong
        yield invalid_value(path or "<nil>", rules.kind, f"{_told(exc)} evaluating rule: {rule.expression}")
        return
    if holds is not True:
        yield _broken(rules, rule, context, path)


def _told(exc: Exception) -> str:
    return f"no such key: {exc.args[0]}" if isinstance(exc, KeyError) else str(exc).partition("\n")[0]


def _context(rules: Rules, rule: Rule, value: Any, old: Any) -> "Context":
    import cel  # noqa: PLC0415 - loaded by the rule already

    context = cel.Context()
    for name, function in FUNCTIONS.items():
        context.add_function(name, function)
    context.add_variable("self", _named(rules, value))
    if rule.optional:
        optional = cel.OptionalValue
        before = optional.none() if old is _NOTHING else optional.of(_named(rules, old))
        context.add_variable("oldSelf", before)
    elif old is not _NOTHING:
        context.add_variable("oldSelf", _named(rules, old))
    return context


def _named(rules: Rules, value: Any) -> Any:
    """An object with its properties called as rules call them."""
    if isinstance(value, dict) and any(rules.names.get(key, key) != key for key in value):
        return {rules.names.get(key, key): item for key, item in value.items()}
    return value


def _broken(rules: Rules, rule: Rule, context: "Context", path: str) -> Cause:
    says, where = rule.message, path
    if rule.spoken is not None:
        try:
            spoken = rule.spoken.execute(context)
        except Exception:  # noqa: BLE001 - a message that cannot be made leaves the plain one
            spoken = ""
        says = spoken.strip() if isinstance(spoken, str) and spoken.strip() else says
    for name, key in _STEP.findall(rule.field):
        where = (f"{where}.{name}" if where else name) if name else f"{where}[{key}]"
    where = where or "<nil>"
    if rule.reason == "FieldValueForbidden":
        return forbidden_field(where, says)
    if rule.reason == "FieldValueRequired":
        return required(where, says)
    if rule.reason == "FieldValueDuplicate":
        return duplicate(where, rules.kind)
    return invalid_value(where, rules.kind, says)

"""Label and field selectors: parsed once, asked for every object."""

import re
from collections.abc import Callable, Container, Iterable
from typing import Final

from simulator.kube.resource import Resource
from simulator.kube.status import Object, Refusal, bad_request
from simulator.kube.validation.causes import quoted
from simulator.kube.validation.metadata import qualified_faults, value_faults

Predicate = Callable[[Object], bool]

_TOKEN: Final = re.compile(r"\s*(==|!=|=|!|,|\(|\)|>|<|[^\s=!,()<>]+)")
_COMMON: Final = ("metadata.name", "metadata.namespace")
FIELDS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("", "pods"): (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.nominatedNodeName",
    ),
    ("", "events"): (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        *(f"regarding.{key}" for key in ("kind", "namespace", "name", "uid")),
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    ("", "secrets"): ("type",),
    ("", "namespaces"): ("status.phase",),
    ("", "nodes"): ("spec.unschedulable",),
    ("", "services"): ("spec.clusterIP", "spec.type"),
    ("apps", "statefulsets"): ("status.successful",),
    ("batch", "jobs"): ("status.successful",),
}
_NAMED: Final = frozenset({("", "namespaces"), ("", "nodes")})
_SAYS: Final = {
    ("apps", "statefulsets"): "field label not supported for StatefulSet: {}",
    ("batch", "jobs"): 'field label "{}" not supported for Job',
}
_UNKNOWN: Final = '"{}" is not a known field selector: only "metadata.name", "metadata.namespace"'


def fields_of(resource: Resource) -> tuple[frozenset[str], str]:
    """The fields that objects of a kind are selected by, and how any other is refused."""
    storage, says = resource.storage, "field label not supported: {}"
    if resource.custom:
        spaces = ("metadata.namespace",) if resource.namespaced else ()
        return frozenset({"metadata.name", *spaces, *resource.selectable}), says
    common = _COMMON[:1] if storage in _NAMED else _COMMON
    if storage not in FIELDS:
        says = _UNKNOWN
    return frozenset({*common, *FIELDS.get(storage, ())}), _SAYS.get(storage, says)


class LabelSelector:
    """`a=b,c!=d,e in (x,y),f notin (z),g,!h`, compiled to one predicate over labels."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._requirements: list[Predicate] = []
        while self._tokens:
            self._requirements.append(self._requirement())
            if self._at >= len(self._tokens):
                break
            found = self._next()
            if found != ",":
                raise bad_request(f"found '{found}', expected: ',' or 'end of string'")
            if not _begins(self._peek()):
                raise bad_request(f"found '{self._peek()}', expected: identifier after ','")

    def matches(self, labels: Object) -> bool:
        return all(requirement(labels) for requirement in self._requirements)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _requirement(self) -> Predicate:
        if not _begins(self._peek()):
            raise bad_request(f"found '{self._peek()}', expected: !, identifier, or 'end of string'")
        key = self._next()
        if key == "!":
            absent = self._next()
            if not _is_word(absent):
                raise _unparsed(f"found '{absent}', expected: identifier")
            _check_key(absent)
            return lambda labels: absent not in labels
        _check_key(key)
        if self._at >= len(self._tokens) or self._peek() == ",":
            return lambda labels: key in labels
        return self._comparison(key, self._next())

    def _comparison(self, key: str, operator: str) -> Predicate:
        if operator in {"=", "==", "!="}:
            value = self._value()
            _check_values(key, [value])
            if operator == "!=":
                return lambda labels: labels.get(key) != value
            return lambda labels: labels.get(key) == value
        if operator in {"in", "notin"}:
            values = self._values()
            _check_values(key, sorted(values))
            if operator == "in":
                return lambda labels: labels.get(key) in values
            return lambda labels: labels.get(key) not in values
        if operator in {"<", ">"}:
            bound = self._value()
            if not re.fullmatch(r"-?\d+", bound):
                says = "for 'Gt', 'Lt' operators, the value must be an integer"
                raise _unparsed(f"values[0]: Invalid value: {quoted(bound)}: {says}")
            return lambda labels: _compares(labels.get(key), operator, bound)
        raise _unparsed(f"found '{operator}', expected: in, notin, =, ==, !=, gt, lt")

    def _value(self) -> str:
        if self._at >= len(self._tokens) or self._peek() == ",":
            return ""
        value = self._next()
        if not _is_word(value):
            raise _unparsed(f"found '{value}', expected: identifier")
        return value

    def _values(self) -> frozenset[str]:
        opening = self._next()
        if opening != "(":
            raise _unparsed(f"found '{opening}' expected: '('")
        if self._peek() == ")":
            says = "for 'in', 'notin' operators, values set can't be empty"
            raise _unparsed(f"values: Invalid value: []: {says}")
        values: set[str] = set()
        while True:
            found = self._next()
            if found in {"", "("} or found[0] in "=!<>":
                raise _unparsed(f"found '{found}', expected: ',', ')' or identifier")
            if found == ")":
                return frozenset(values or {""})
            if found != ",":
                values.add(found)


def _begins(word: str) -> bool:
    return word == "!" or _is_word(word)


def _is_word(token: str) -> bool:
    return bool(token) and token[0] not in "=!,()<>"


def _unparsed(why: str) -> Refusal:
    return bad_request(f"unable to parse requirement: {why}")


def _check_key(key: str) -> None:
    faults = list(qualified_faults(key))
    if faults:
        raise _unparsed(f"<nil>: Invalid value: {quoted(key)}: {'; '.join(faults)}")


def _check_values(key: str, values: Iterable[str]) -> None:
    for at, value in enumerate(values):
        faults = list(value_faults(value))
        if faults:
            where = f"values[{at}][{key}]"
            raise _unparsed(f"{where}: Invalid value: {quoted(value)}: {'; '.join(faults)}")


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at, text = 0, text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise bad_request(f"unable to parse requirement: found '{text[at:]}'")
        tokens.append(match[1])
        at = match.end()
    return tokens


def _compares(value: object, operator: str, bound: str) -> bool:
    try:
        number, limit = int(str(value)), int(bound)
    except ValueError:
        return False
    return number < limit if operator == "<" else number > limit


class FieldSelector:
    """`metadata.name=x,status.phase!=Running` over the fields the resource supports."""

    def __init__(self, text: str, allowed: Container[str], refusal: str) -> None:
        """`refusal` is how a field that is not allowed is refused."""
        self._terms: list[tuple[tuple[str, ...], str, bool]] = []
        for term in filter(None, text.split(",")):
            field, operator, value = _split(term, text)
            if field not in allowed:
                raise bad_request(refusal.format(field))
            self._terms.append((tuple(field.split(".")), value, operator != "!="))
        self.name = next(
            (value for path, value, equal in self._terms if equal and path == ("metadata", "name")), ""
        )

    def matches(self, value: Object) -> bool:
        return all((_field(value, path) == wanted) is equal for path, wanted, equal in self._terms)


def _split(term: str, text: str) -> tuple[str, str, str]:
    for operator in ("!=", "==", "="):
        field, found, value = term.partition(operator)
        if found:
            return field.strip(), operator, value.strip()
    raise bad_request(f"invalid selector: '{text}'; can't understand '{term}'")


def _field(value: Object, path: tuple[str, ...]) -> str:
    if path == ("source",):
        path = ("source", "component")
    elif path[0] == "regarding":
        path = ("involvedObject", *path[1:])
    elif path == ("status", "successful"):
        path = ("status", "succeeded")
    found: object = value
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    if isinstance(found, bool):
        return str(found).lower()
    return "" if found is None else str(found)


def compiled(label: str, field: str, resource: Resource) -> Predicate | None:
    """One predicate over objects for both selectors; None when nothing is selected by."""
    labels = LabelSelector(label) if label else None
    fields = FieldSelector(field, *fields_of(resource)) if field else None
    if labels is not None and fields is not None:
        both = (labels, fields)
        return lambda value: both[0].matches(value["metadata"].get("labels") or {}) and both[1].matches(value)
    if labels is not None:
        return lambda value: labels.matches(value["metadata"].get("labels") or {})
    return fields.matches if fields is not None else None

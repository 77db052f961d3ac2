"""Filters of listings: which keys and options each listing takes, and what they select.

Source: Systems Manager API Reference, ParameterStringFilter. Several filters must all hold, of several values
one; a filter without values holds for what has the key at all.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from simulator.ssm.parameters.model import Parameter, Version
from simulator.ssm.parameters.names import key as key_of
from simulator.ssm.parameters.names import searched
from simulator.ssm.parameters.refusals import Refusal, invalid

Filter = Mapping[str, Any]
Test = Callable[[Parameter], bool]

_DESCRIBE = ("Path", "Name", "Type", "KeyId", "Tier", "DataType")
_BY_PATH = ("Type", "KeyId", "Label")
_VALUES = {
    "Type": ("String", "StringList", "SecureString"),
    "Tier": ("Standard", "Advanced", "Intelligent-Tiering"),
}
_READ: Mapping[str, Callable[[Parameter], str]] = {
    "Name": lambda parameter: parameter.name,
    "Type": lambda parameter: parameter.latest.type,
    "KeyId": lambda parameter: parameter.latest.key_id,
    "Tier": lambda parameter: parameter.latest.tier,
    "DataType": lambda parameter: parameter.latest.data_type,
}


def described(filters: Sequence[Filter], old: Sequence[Filter]) -> Test:
    """What DescribeParameters selects; raises Refusal."""
    if filters and old:
        raise invalid("You can use either Filters or ParameterFilters in a single request.")
    tests = [_old(each) for each in old]
    for each in _distinct(filters):
        key = str(each["Key"])
        if key not in _DESCRIBE and not key.startswith("tag:"):
            raise _wrong_key(key, _DESCRIBE)
        tests.append(_below_any(each) if key == "Path" else _test(each))
    return lambda parameter: all(test(parameter) for test in tests)


def by_path(filters: Sequence[Filter]) -> tuple[Test, frozenset[str]]:
    """What GetParametersByPath selects, and of which labels versions are wanted; raises Refusal."""
    tests: list[Test] = []
    labels: frozenset[str] = frozenset()
    for each in _distinct(filters):
        key = str(each["Key"])
        if key not in _BY_PATH:
            raise _wrong_key(key, _BY_PATH)
        if key == "Label":
            _option(each, ("Equals",))
            labels = frozenset(_values(each))
        else:
            tests.append(_test(each))
    return lambda parameter: all(test(parameter) for test in tests), labels


def below(path: str, *, recursive: bool) -> Test:
    """Whether a parameter stands below a path without a closing slash, directly or at any depth."""

    def test(parameter: Parameter) -> bool:
        name = "/" + parameter.name.removeprefix("/")
        rest = name.removeprefix(path + "/")
        return name.startswith(path + "/") and (recursive or "/" not in rest)

    return test


def labelled(parameter: Parameter, labels: frozenset[str]) -> list[Version]:
    """The versions that carry one of the labels."""
    return [version for version in parameter.versions if labels & set(version.labels)]


def _distinct(filters: Sequence[Filter]) -> Sequence[Filter]:
    seen: set[str] = set()
    for each in filters:
        key = str(each["Key"])
        if key in seen:
            raise Refusal(
                "InvalidFilterKey",
                f"The following filter is duplicated in the request: {key}. A request can contain only one "
                "occurrence of a specific filter.",
            )
        seen.add(key)
    return filters


def _test(each: Filter) -> Test:
    key = str(each["Key"])
    options = ("BeginsWith", "Equals", "Contains") if key == "Name" else ("BeginsWith", "Equals")
    option = _option(each, options)
    if key.startswith("tag:"):
        return _tagged(key.removeprefix("tag:"), option, each.get("Values") or [])
    values = _values(each)
    for value in values:
        if value not in _VALUES.get(key, (value,)):
            raise Refusal(
                "InvalidFilterValue",
                f"The following filter value is not valid: {value}. Valid values include: "
                f"[{', '.join(_VALUES[key])}].",
            )
    read = _READ[key]
    if key == "Name" and option == "Equals":
        return lambda parameter: any(key_of(parameter.name) == key_of(value) for value in values)
    return lambda parameter: any(_fits(option, read(parameter), value) for value in values)


def _tagged(name: str, option: str, values: Sequence[str]) -> Test:
    def test(parameter: Parameter) -> bool:
        found = parameter.tags.get(name)
        return found is not None and (not values or any(_fits(option, found, value) for value in values))

    return test


def _below_any(each: Filter) -> Test:
    option = each.get("Option", "OneLevel")
    if option not in {"Recursive", "OneLevel"}:
        raise _wrong_option(option, ("Recursive", "OneLevel"))
    tests = [below(searched(value), recursive=option == "Recursive") for value in _values(each)]
    return lambda parameter: any(test(parameter) for test in tests)


def _old(each: Filter) -> Test:
    """The deprecated form: names by their beginning, the others as they are."""
    option = "BeginsWith" if each["Key"] == "Name" else "Equals"
    return _test({"Key": each["Key"], "Option": option, "Values": each["Values"]})


def _fits(option: str, found: str, wanted: str) -> bool:
    if option == "Contains":
        return wanted in found
    return found.startswith(wanted) if option == "BeginsWith" else found == wanted


def _values(each: Filter) -> Sequence[str]:
    values: Sequence[str] | None = each.get("Values")
    if not values:
        raise Refusal(
            "InvalidFilterValue",
            f"The following filter values are missing : null for filter key {each['Key']}.",
        )
    return values


def _option(each: Filter, valid: Sequence[str]) -> str:
    option = str(each.get("Option", "Equals"))
    if option not in valid:
        raise _wrong_option(option, valid)
    return option


def _wrong_option(option: str, valid: Sequence[str]) -> Refusal:
    return Refusal(
        "InvalidFilterOption",
        f"The following filter option is not valid: {option}. Valid options include: [{', '.join(valid)}].",
    )


def _wrong_key(key: str, valid: Sequence[str]) -> Refusal:
    return Refusal(
        "InvalidFilterKey",
        f"The following filter key is not valid: {key}. Valid filter keys include: [{', '.join(valid)}].",
    )

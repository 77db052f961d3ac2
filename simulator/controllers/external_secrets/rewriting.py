"""The names `dataFrom` brings, made into keys: converted to what a Secret allows, or rewritten by rules."""

import re
from collections.abc import Iterable, Mapping

from simulator.controllers.external_secrets.parameters import ProviderError
from simulator.controllers.external_secrets.template import TemplateError, execute
from simulator.controllers.kinds import Object

_NOT_ALLOWED = re.compile(r"[^-._a-zA-Z0-9]")
_GROUP = re.compile(r"\$\{?(\w+)\}?")


def converted(name: str, strategy: str) -> str:
    """A key a Secret may have: every other character by `_`, or by its code point between `_U` and `_`."""
    if strategy == "Unicode":
        return _NOT_ALLOWED.sub(lambda match: f"_U{ord(match[0]):04x}_", name)
    return _NOT_ALLOWED.sub("_", name)


def rewritten(rules: Iterable[Object], values: Mapping[str, str]) -> dict[str, str]:
    """Names after each rule in turn; raises ProviderError."""
    found = dict(values)
    for rule in rules:
        found = {_one(rule, name): value for name, value in found.items()}
    for name in found:
        if not name or _NOT_ALLOWED.search(name):
            raise ProviderError(f"secret name {name} is invalid: only -._a-zA-Z0-9 are allowed")
    return found


def _one(rule: Object, name: str) -> str:
    if "regexp" in rule:
        target = _GROUP.sub(r"\\g<\1>", str(rule["regexp"].get("target", "")))
        try:
            return re.sub(rule["regexp"]["source"], target, name)
        except re.error as error:
            raise ProviderError(f"could not rewrite keys: {error}") from error
    if "transform" in rule:
        try:
            return execute(str(rule["transform"]["template"]), {"value": name})
        except TemplateError as error:
            raise ProviderError(f"could not rewrite keys: {error}") from error
    raise ProviderError(f"rewrite {', '.join(rule)} is not served here: use regexp or transform")

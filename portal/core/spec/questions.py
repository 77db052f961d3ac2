"""What has to be asked to describe a service: one question a field, each with its rule and its default."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.core.documents import from_plain
from portal.core.names import (
    BUCKET,
    CLAIM,
    ENVIRONMENTS,
    KEY,
    NAMESPACE,
    SECRET_OBJECT,
    SERVICE,
    TEAM,
    NameRule,
    environment_of,
)
from portal.core.spec.disclosure import disclosed
from portal.core.spec.limits import API_VERSION, IMAGE, KIND, PORT, REPLICAS
from portal.core.spec.model import CACHE_SIZES, JWT_ALGORITHMS, STORAGE_PROVIDERS, ServiceSpec
from portal.core.spec.parse import parse_services

Answers = Mapping[str, str]
NO = "no"
"""The answer that leaves an optional part out."""


@dataclass(frozen=True, slots=True)
class Question:
    """`fault` says why an answer is refused, "" when it is good; `default` may depend on earlier answers."""

    key: str
    text: str
    fault: Callable[[str], str]
    default: Callable[[Answers], str | None]
    example: str = ""


def _named(rule: NameRule) -> Callable[[str], str]:
    def fault(answer: str) -> str:
        what = disclosed(answer)
        if what:
            return f"this looks like {what}; no secret value belongs into this file"
        message = rule.fault(answer)
        return f"{message} ({rule.explanation})" if message else ""

    return fault


def _or_no(check: Callable[[str], str]) -> Callable[[str], str]:
    return lambda answer: "" if answer == NO else check(answer)


def _list_of(check: Callable[[str], str]) -> Callable[[str], str]:
    def fault(answer: str) -> str:
        words = _words(answer)
        twice = next((word for word in words if words.count(word) > 1), "")
        return f"{twice} stands twice" if twice else next(filter(None, map(check, words)), "")

    return fault


def _image(answer: str) -> str:
    what = disclosed(answer)
    if what:
        return f"this looks like {what}; no secret value belongs into this file"
    return "" if IMAGE.fullmatch(answer) else "an image is name:tag, name@sha256:… or both"


def _whole(bounds: tuple[int, int]) -> Callable[[str], str]:
    low, high = bounds

    def fault(answer: str) -> str:
        good = answer.isascii() and answer.isdecimal() and low <= int(answer) <= high
        return "" if good else f"a whole number from {low} to {high}"

    return fault


def _one_of(*choices: str) -> Callable[[str], str]:
    return lambda answer: "" if answer in choices else f"one of {', '.join(choices)}"


def _cache(answer: str) -> str:
    name, _, size = answer.partition(":")
    return _named(CLAIM)(name) or _one_of(*CACHE_SIZES)(size or CACHE_SIZES[0])


def _storage(answer: str) -> str:
    provider, _, bucket = answer.partition(":")
    return _one_of(*STORAGE_PROVIDERS)(provider) or _named(BUCKET)(bucket)


def _environment(answer: str) -> str:
    return "" if environment_of(answer) else f"an environment is one of {', '.join(ENVIRONMENTS)}"


def _always(answer: str | None) -> Callable[[Answers], str | None]:
    return lambda _: answer


_YES_NO = _one_of("yes", NO)
_JWT = _or_no(_one_of(*JWT_ALGORITHMS))

QUESTIONS = (
    Question("name", "Name of the service", _named(SERVICE), _always(None), "identity-service"),
    Question("team", "Team that owns it", _named(TEAM), _always(None), "platform"),
    Question("namespace", "Kubernetes namespace", _named(NAMESPACE), lambda a: a["name"], "identity"),
    Question("image", "Image, with its version", _image, _always(None), "ghcr.io/acme/identity:1.4.2"),
    Question("port", "Port the container listens on", _whole(PORT), _always("8080")),
    Question("replicas", "Replicas", _whole(REPLICAS), _always("1")),
    Question("database", "A Neon database, yes or no", _YES_NO, _always("yes")),
    Question("cache", "A Dragonfly cache, as NAME or NAME:SIZE, or no", _or_no(_cache), _always(NO)),
    Question("jwt", f"A key pair to sign tokens ({', '.join(JWT_ALGORITHMS)}), or no", _JWT, _always(NO)),
    Question(
        "secrets",
        "Names of API keys it needs, with commas, or no",
        _or_no(_list_of(_named(KEY))),
        _always(NO),
    ),
    Question("storage", "A bucket for files, as PROVIDER:BUCKET, or no", _or_no(_storage), _always(NO)),
    Question("auth", "Neon Auth for its users, yes or no", _YES_NO, _always(NO)),
    Question(
        "pull-secret", "Secret its image is pulled with, or no", _or_no(_named(SECRET_OBJECT)), _always(NO)
    ),
    Question(
        "environments", "Environments, with commas", _list_of(_environment), _always(",".join(ENVIRONMENTS))
    ),
)


def described(answers: Answers) -> ServiceSpec:
    """The service that complete answers describe; raises SpecError where they do not fit together."""
    spec: dict[str, Any] = {
        "namespace": answers["namespace"],
        "image": answers["image"],
        "port": int(answers["port"]),
        "replicas": int(answers["replicas"]),
    }
    if answers["database"] == "yes":
        spec["database"] = {"pooled": True}
    if answers["cache"] != NO:
        name, _, size = answers["cache"].partition(":")
        spec["cache"] = {"name": name, **({"size": size} if size else {})}
    if answers["jwt"] != NO:
        spec["jwt"] = {"algorithm": answers["jwt"]}
    if answers["secrets"] != NO:
        spec["secrets"] = _words(answers["secrets"])
    if answers["storage"] != NO:
        provider, _, bucket = answers["storage"].partition(":")
        spec["storage"] = {"provider": provider, "bucket": bucket}
    if answers["auth"] == "yes":
        spec["auth"] = "neon"
    if answers["pull-secret"] != NO:
        spec["pullSecret"] = answers["pull-secret"]
    spec["environments"] = {environment_of(word): {} for word in _words(answers["environments"])}
    metadata = {"name": answers["name"], "team": answers["team"]}
    document = {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}
    return parse_services([from_plain(document, "the answers")])[0]


def _words(answer: str) -> list[str]:
    return [word.strip() for word in answer.split(",")]

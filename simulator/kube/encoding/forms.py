"""Accept headers to one form of answer."""

from dataclasses import dataclass
from typing import Final

from simulator.kube.encoding.bodies import JSON, YAML_TYPES
from simulator.kube.status import MEDIA, not_acceptable, unroutable_answer

META_GROUP: Final = "meta.k8s.io"
_META_VERSIONS: Final = ("v1", "v1beta1")
_SHAPES: Final = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")


@dataclass(frozen=True, slots=True)
class Form:
    """How an answer is to be written: the object itself, a Table, or its metadata only."""

    shape: str = ""
    discovery: bool = False
    yaml: bool = False
    version: str = "v1"


PLAIN: Final = Form()


def check_routable(accept: str, *, listing: bool) -> None:
    """Raises 406 where no route of a built-in kind answers in any of the types, whatever their parameters."""
    types = [clause.partition(";")[0].strip().lower() for clause in accept.split(",")]
    if accept.strip() and not {"*/*", "application/*", *MEDIA, *YAML_TYPES} & {*types}:
        raise unroutable_answer(listing=listing)


def negotiate(accept: str, *, discovery: bool = False) -> Form:
    """The first acceptable form; raises 406 when there is none."""
    if not accept.strip():
        return PLAIN
    for clause in accept.split(","):
        kind, *options = (part.strip() for part in clause.split(";"))
        found = _form(kind.lower(), dict(_pair(option) for option in options), discovery=discovery)
        if found is not None:
            return found
    raise not_acceptable()


def _pair(option: str) -> tuple[str, str]:
    key, _, value = option.partition("=")
    return key.strip(), value.strip()


def _form(kind: str, options: dict[str, str], *, discovery: bool) -> Form | None:
    shape = options.get("as", "")
    if kind in YAML_TYPES and not shape:
        return Form(yaml=True)
    if kind not in {JSON, "application/*", "*/*"}:
        return None
    if not shape:
        return PLAIN
    if shape == "APIGroupDiscoveryList":
        return Form(discovery=True) if discovery and options.get("v") == "v2" else None
    version = options.get("v", "")
    if shape in _SHAPES and options.get("g") == META_GROUP and version in _META_VERSIONS and not discovery:
        return Form(shape=shape.removesuffix("List"), version=version)
    return None

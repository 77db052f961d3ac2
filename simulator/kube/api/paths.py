"""The grammar of Kubernetes API paths."""

import re
from dataclasses import dataclass

_WATCHED = re.compile("(/api/v1|/apis/[^/]+/[^/]+)/watch/(.*)")
_OF_NAMESPACES = frozenset({"status", "finalize"})


@dataclass(frozen=True, slots=True)
class Route:
    """A path below a group version; with an empty plural it asks for the group version's resource list."""

    group: str
    version: str
    plural: str = ""
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    rest: tuple[str, ...] = ()


def parse(path: str) -> Route | None:
    """The route of `/api/v1/...` or `/apis/GROUP/VERSION/...`; None for every other path."""
    parts = [part for part in path.split("/") if part]
    if parts[:2] == ["api", "v1"]:
        return _below("", "v1", parts[2:])
    if len(parts) > 2 and parts[0] == "apis":  # noqa: PLR2004 - apis, group, version
        return _below(parts[1], parts[2], parts[3:])
    return None


def unwatched(path: str) -> tuple[str, bool]:
    """A path of the old form in which a watch is part of it, without that; and whether it was one."""
    found = _WATCHED.fullmatch(path)
    return (f"{found[1]}/{found[2]}", True) if found else (path, False)


def _below(group: str, version: str, parts: list[str]) -> Route:
    namespace = ""
    nested = len(parts) > 2 and parts[0] == "namespaces"  # noqa: PLR2004 - namespaces, name, plural
    if nested and not (not group and parts[2] in _OF_NAMESPACES and len(parts) == 3):  # noqa: PLR2004 - as above
        namespace, parts = parts[1], parts[2:]
    plural, name, subresource, *rest = [*parts, "", "", ""][: max(3, len(parts))]
    return Route(group, version, plural, namespace, name, subresource, tuple(part for part in rest if part))

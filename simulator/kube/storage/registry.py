"""Which resources are served at this moment."""

from collections.abc import Iterable, Iterator

from simulator.kube.resource import Resource


class Registry:
    """Resources by group, version and plural; `revision` rises with every change of what is served."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._resources: dict[tuple[str, str, str], Resource] = {}
        self.revision = 0
        self._groups: tuple[int, dict[str, list[str]]] = (-1, {})
        for resource in resources:
            self.add(resource)

    def add(self, resource: Resource) -> None:
        self._resources[resource.group, resource.version, resource.plural] = resource
        self.revision += 1

    def drop(self, group: str, plural: str) -> None:
        """Stop serving a resource in all its versions."""
        for key in [key for key in self._resources if key[0] == group and key[2] == plural]:
            del self._resources[key]
        self.revision += 1

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        return self._resources.get((group, version, plural))

    def of_kind(self, api_version: str, kind: str) -> Resource | None:
        return next((one for one in self if one.group_version == api_version and one.kind == kind), None)

    def stored(self, group: str, plural: str) -> Resource | None:
        """Any version of a resource; they share one collection."""
        return next((one for one in self if one.group == group and one.plural == plural), None)

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._resources.values()))

    def groups(self) -> dict[str, list[str]]:
        """The versions of every group, the preferred first; the core group is the empty name."""
        revision, known = self._groups
        if revision != self.revision:
            known = self._sorted()
            self._groups = (self.revision, known)
        return known

    def _sorted(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for group, version, _ in self._resources:
            versions = found.setdefault(group, [])
            if version not in versions:
                versions.append(version)
        return {group: sorted(found[group], key=priority, reverse=True) for group in sorted(found)}

    def in_version(self, group: str, version: str) -> list[Resource]:
        found = [one for key, one in self._resources.items() if key[:2] == (group, version)]
        return sorted(found, key=lambda one: one.plural)

    def storages(self, *, namespaced: bool) -> list[Resource]:
        """One resource for each collection."""
        found: dict[tuple[str, str], Resource] = {}
        for one in self:
            if not one.virtual and one.namespaced is namespaced:
                found.setdefault(one.storage, one)
        return list(found.values())


def priority(version: str) -> tuple[int, int, int]:
    """Kubernetes' order of versions: v2 > v1 > v1beta2 > v1beta1 > v1alpha1 > anything else."""
    head, digits = version[:1], version[1:]
    stage = 2
    for name, rank in (("beta", 1), ("alpha", 0)):
        if name in digits:
            digits, _, minor = digits.partition(name)
            if head == "v" and digits.isdigit() and (minor.isdigit() or not minor):
                return rank, int(digits), int(minor or 0)
            return -1, 0, 0
    return (stage, int(digits), 0) if head == "v" and digits.isdigit() else (-1, 0, 0)

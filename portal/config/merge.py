"""Values of settings layer by layer, each with its origin, and everything that was wrong with them."""

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from portal.config.values import Fields, convert, is_table
from portal.core.policy import Policy
from portal.settings import (
    AwsSettings,
    HetznerSettings,
    InterfaceSettings,
    KubeSettings,
    NeonSettings,
    PlatformSettings,
    RehearsalSettings,
    RepositorySettings,
    RotationSettings,
)

SECTIONS: Mapping[str, Any] = {
    "neon": NeonSettings,
    "aws": AwsSettings,
    "hetzner": HetznerSettings,
    "kube": KubeSettings,
    "repository": RepositorySettings,
    "platform": PlatformSettings,
    "policy": Policy,
    "rotation": RotationSettings,
    "rehearsal": RehearsalSettings,
    "interface": InterfaceSettings,
}
# A preset, and the choices of earlier layers that it takes back.
PRESETS: Mapping[str, tuple[str, ...]] = {
    "rehearsal.tier": tuple(f"rehearsal.{name}" for name in ("postgres", "ssm", "cache", "cluster", "pods"))
}
S = TypeVar("S")


@dataclass(slots=True)
class Merge:
    """Values so far by dotted key; an entry of a table has a key of its own (`rehearsal.images.postgres`)."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def layer(self, given: Mapping[str, tuple[Any, str]]) -> None:
        """Accept a layer on top of the others: by dotted key the value and its origin."""
        for preset in PRESETS.keys() & given.keys():
            for key in PRESETS[preset]:
                self.values.pop(key, None)
                self.origins.pop(key, None)
        for key, (value, origin) in given.items():
            self._accept(key, value, origin)

    def section(self, name: str, base: S) -> S:
        """`base` with the values of one section."""
        given: dict[str, Any] = {}
        for key, value in self.values.items():
            section, _, rest = key.partition(".")
            field_name, _, entry = rest.partition(".")
            if section != name:
                continue
            if entry:
                given[field_name] = {**given.get(field_name, {}), entry: value}
            else:
                given[field_name] = value
        return dataclasses.replace(base, **given)  # type: ignore[type-var]

    def _accept(self, key: str, value: Any, origin: str) -> None:
        section, _, rest = key.partition(".")
        name, _, entry = rest.partition(".")
        fields = Fields.of(SECTIONS[section]) if section in SECTIONS else None
        if fields is None or name not in fields.names or (entry and not is_table(fields.types[name])):
            known = [f"{s}.{n}" for s, cls in SECTIONS.items() for n in Fields.of(cls).names]
            self.faults.append(f"{origin}: unknown key {key}{near(key, known)}")
            return
        try:
            converted = convert({entry: value} if entry else value, fields.types[name])
        except ValueError as exc:
            self.faults.append(f"{origin}: {key}: {exc}")
            return
        if is_table(fields.types[name]):
            for each, text in converted.items():
                self._put(f"{section}.{name}.{each}", text, origin)
        else:
            self._put(key, converted, origin)

    def _put(self, key: str, value: Any, origin: str) -> None:
        self.values[key] = value
        self.origins[key] = origin


def near(word: str, known: Iterable[str]) -> str:
    """What was probably meant, else what there is."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known: {', '.join(names)}"

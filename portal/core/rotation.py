"""The record of a rotation: what shall stand and what it replaces.

It is written before anything changes, so that a rotation that was cut off can be gone on with anywhere, and
says afterwards which role is in use.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.core.secrets import Secret

DATABASE, JWT = "database", "jwt"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Rotation:
    """`base` are the versions of the parameters it replaces, by name; `values` what shall stand there and
    what else only the rotation knows, by key, empty once it is closed; `role` is the login role it ends with;
    `stage` and `since` (RFC 3339) tell which overlap of keys has begun.
    """

    id: str
    is_open: bool
    base: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, Secret] = field(default_factory=dict)
    role: str = ""
    stage: str = ""
    since: str = ""

    def text(self) -> Secret:
        """As it stands in its parameter."""
        document = {
            "format": _FORMAT,
            "id": self.id,
            "open": self.is_open,
            "base": dict(self.base),
            "values": {
                key: value.reveal("keep it in the rotation's record") for key, value in self.values.items()
            },
            "role": self.role,
            "stage": self.stage,
            "since": self.since,
        }
        return Secret(json.dumps(document, sort_keys=True, separators=(",", ":")))

    @classmethod
    def read(cls, text: Secret) -> "Rotation":
        """The record; raises ValueError for what is none, without repeating it."""
        try:
            document = json.loads(text.reveal("read a rotation's record"))
            if document["format"] != _FORMAT:
                raise ValueError("it is of another format")
            return cls(
                id=str(document["id"]),
                is_open=bool(document["open"]),
                base={str(name): int(version) for name, version in document["base"].items()},
                values={str(key): Secret(str(value)) for key, value in document["values"].items()},
                role=str(document["role"]),
                stage=str(document["stage"]),
                since=str(document["since"]),
            )
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError):
            raise ValueError("it cannot be read") from None


def next_role(in_use: str, roles: tuple[str, str]) -> str:
    """Of two alternating roles the one that is not in use; the first where neither is."""
    return roles[1] if in_use == roles[0] else roles[0]

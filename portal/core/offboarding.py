"""The record of an offboarding: what the tenant was, for whoever goes on after git has forgotten it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.core.secrets import Secret
from portal.core.spec import ServiceSpec, from_mapping, to_document
from portal.errors import SpecError

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Offboarding:
    """`database` is the one that goes with the tenant; empty where it is kept or none is known as the
    portal's.
    """

    id: str
    spec: ServiceSpec
    database: str = ""

    def text(self) -> Secret:
        """As it stands in its parameter; nothing in it is secret."""
        document: Mapping[str, Any] = {
            "format": _FORMAT,
            "id": self.id,
            "spec": to_document(self.spec),
            "database": self.database,
        }
        return Secret(json.dumps(document, sort_keys=True, separators=(",", ":")))

    @classmethod
    def read(cls, text: Secret) -> "Offboarding":
        """The record; raises ValueError for what is none."""
        try:
            document = json.loads(text.reveal("read an offboarding's record"))
            if document["format"] != _FORMAT:
                raise ValueError("it is of another format")
            spec = from_mapping(document["spec"], "record")
            return cls(str(document["id"]), spec, str(document["database"]))
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError, SpecError):
            raise ValueError("it cannot be read") from None

"""YAML text of plain data, for `-o yaml`."""

from typing import Any

import yaml


def dump(data: Any) -> str:
    """Block style, keys in the given order."""
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))

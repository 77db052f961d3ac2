"""Quantities of resources, such as `500m` and `256Mi`, as numbers."""

import re

_FORM = re.compile(r"(?P<number>[0-9.]+(?:[eE][+-]?[0-9]+)?)(?P<unit>m|[kMGTPE]|[KMGTPE]i)?")
_UNITS = {"m": 1e-3, "": 1.0}
_UNITS |= {unit: 1000.0**power for power, unit in enumerate(("k", "M", "G", "T", "P", "E"), 1)}
_UNITS |= {unit: 1024.0**power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)}


def value(quantity: str | float) -> float:
    """In cores or bytes; raises ValueError for what is none."""
    match = _FORM.fullmatch(str(quantity))
    if match is None:
        raise ValueError(f"{quantity!r} is no quantity")
    return float(match["number"]) * _UNITS[match["unit"] or ""]

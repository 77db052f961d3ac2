"""Where the platform's data files are: beside the package in a checkout, inside the wheel otherwise."""

from collections.abc import Mapping
from pathlib import Path

from portal.errors import PrerequisiteError

_PARENT = Path(__file__).parents[2]
_PLACES = (_PARENT / "manifests", _PARENT / "zerotouch_manifests")


def tenant_templates() -> Mapping[str, str]:
    """Text of `manifests/tenant` by path below it; raises PrerequisiteError when it is not installed."""
    for place in _PLACES:
        root = place / "tenant"
        if root.is_dir():
            return {str(p.relative_to(root)): p.read_text() for p in sorted(root.rglob("*")) if p.is_file()}
    raise PrerequisiteError("the tenant template is not installed", hint="Install zerotouch-portal again")

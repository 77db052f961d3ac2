"""The patches of a Composition between a composite and one composed resource."""

from collections.abc import Iterable, Sequence

from simulator.controllers import fieldpaths as paths
from simulator.controllers.crossplane import transforms
from simulator.controllers.goformat import sprintf
from simulator.controllers.kinds import Object

TO_COMPOSED = {"FromCompositeFieldPath", "CombineFromComposite"}
TO_COMPOSITE = {"ToCompositeFieldPath", "CombineToComposite"}


class PatchError(Exception):
    """A patch that must apply cannot."""


def expanded(patches: Iterable[Object], patch_sets: Sequence[Object]) -> list[Object]:
    """Patches with each PatchSet replaced by what it holds; raises PatchError."""
    sets = {item["name"]: item["patches"] for item in patch_sets}
    result: list[Object] = []
    for patch in patches:
        if patch.get("type") != "PatchSet":
            result.append(patch)
        elif patch.get("patchSetName") in sets:
            result.extend(sets[patch["patchSetName"]])
        else:
            raise PatchError(f"cannot find PatchSet by name {patch.get('patchSetName')}")
    return result


def patch_composed(patches: Iterable[Object], composite: Object, composed: Object) -> None:
    """Apply what goes from the composite down; raises PatchError."""
    _apply(patches, TO_COMPOSED, composite, composed)


def patch_composite(patches: Iterable[Object], composed: Object, composite: Object) -> None:
    """Apply what comes back up; what the composed resource does not hold yet is left alone."""
    _apply(patches, TO_COMPOSITE, composed, composite)


def _apply(patches: Iterable[Object], kinds: set[str], source: Object, target: Object) -> None:
    for index, patch in enumerate(patches):
        kind = patch.get("type", "FromCompositeFieldPath")
        if kind not in kinds:
            continue
        try:
            value = _combined(patch, source) if kind.startswith("Combine") else _plain(patch, source)
            paths.put(target, patch.get("toFieldPath") or patch["fromFieldPath"], value)
        except paths.NoSuchField as error:
            if (patch.get("policy") or {}).get("fromFieldPath") == "Required":
                raise PatchError(f"cannot apply the patch at index {index}: {error}") from error
        except (paths.BadPath, transforms.TransformError) as error:
            raise PatchError(f"cannot apply the patch at index {index}: {error}") from error


def _plain(patch: Object, source: Object) -> object:
    value = paths.get(source, patch["fromFieldPath"])
    return transforms.apply(patch.get("transforms") or (), value)


def _combined(patch: Object, source: Object) -> object:
    combine = patch["combine"]
    if combine.get("strategy") != "string":
        raise transforms.TransformError(f"combine strategy {combine.get('strategy')} is not supported")
    values = [paths.get(source, variable["fromFieldPath"]) for variable in combine["variables"]]
    return transforms.apply(patch.get("transforms") or (), sprintf(combine["string"]["fmt"], values))

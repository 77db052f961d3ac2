"""What stands in the columns of volumes, their claims and their classes."""

from datetime import datetime
from typing import Any, Final

from simulator.kube.status import Object
from simulator.kube.tables.cells import age, name

_DEFAULT_CLASS: Final = "storageclass.kubernetes.io/is-default-class"


def claim(value: Object, now: datetime) -> list[Any]:
    spec, status = value["spec"], value.get("status") or {}
    modes = ",".join(_MODES.get(one, one) for one in status.get("accessModes") or ())
    shown = [
        status.get("phase", ""),
        spec.get("volumeName", ""),
        (status.get("capacity") or {}).get("storage", ""),
        modes,
    ]
    classes = [spec.get("storageClassName", ""), spec.get("volumeAttributesClassName", "<unset>")]
    return [name(value), *shown, *classes, age(value, now), spec.get("volumeMode", "<unset>")]


_MODES: Final = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def volume(value: Object, now: datetime) -> list[Any]:
    spec, status, held = value["spec"], value.get("status") or {}, value["spec"].get("claimRef") or {}
    shown = [
        (spec.get("capacity") or {}).get("storage", ""),
        ",".join(_MODES.get(one, one) for one in spec.get("accessModes") or ()),
        spec.get("persistentVolumeReclaimPolicy", ""),
        status.get("phase", ""),
        f"{held['namespace']}/{held['name']}" if held else "",
        spec.get("storageClassName", ""),
        spec.get("volumeAttributesClassName", "<unset>"),
        status.get("reason", ""),
    ]
    return [name(value), *shown, age(value, now), spec.get("volumeMode", "<unset>")]


def storage_class(value: Object, now: datetime) -> list[Any]:
    annotations = value["metadata"].get("annotations") or {}
    called = name(value) + (" (default)" if annotations.get(_DEFAULT_CLASS) == "true" else "")
    shown = [value.get("provisioner", ""), value.get("reclaimPolicy", ""), value.get("volumeBindingMode", "")]
    return [called, *shown, bool(value.get("allowVolumeExpansion")), age(value, now)]

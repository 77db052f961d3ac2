"""The Secret an ExternalSecret asks for, built from the values fetched for it."""

import base64
import hashlib
from collections.abc import Mapping

from simulator.controllers.external_secrets import refresh
from simulator.controllers.external_secrets.template import execute
from simulator.controllers.kinds import Object, annotations_of, labels_of, name_of, namespace_of
from simulator.controllers.reconciling import owner_reference

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def target_name(external_secret: Object) -> str:
    target = external_secret["spec"].get("target") or {}
    return str(target.get("name") or name_of(external_secret))


def creation_policy(external_secret: Object) -> str:
    return str((external_secret["spec"].get("target") or {}).get("creationPolicy", "Owner"))


def desired(external_secret: Object, values: Mapping[str, str]) -> Object:
    """The Secret to apply; raises TemplateError."""
    template = (external_secret["spec"].get("target") or {}).get("template")
    plain = _templated(template, values) if template else dict(values)
    data = {key: base64.b64encode(value.encode()).decode() for key, value in sorted(plain.items())}
    metadata: Object = {
        "name": target_name(external_secret),
        "namespace": namespace_of(external_secret),
        "labels": _labels(external_secret, template),
        "annotations": {
            **_annotations(external_secret, template),
            refresh.DATA_HASH: refresh.data_hash(data),
        },
    }
    if creation_policy(external_secret) == "Owner":
        metadata["ownerReferences"] = [owner_reference(external_secret)]
    kind = (template or {}).get("type") or "Opaque"
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind, "data": data}


def owned_by_another(secret: Object, external_secret: Object) -> bool:
    """Whether a different ExternalSecret controls the Secret."""
    for reference in secret["metadata"].get("ownerReferences") or ():
        if reference.get("kind") == external_secret["kind"] and reference.get("controller"):
            return bool(reference["uid"] != external_secret["metadata"]["uid"])
    return False


def _templated(template: Object, values: Mapping[str, str]) -> dict[str, str]:
    declared = template.get("data") or {}
    made = {key: execute(text, values) for key, text in declared.items()}
    if template.get("mergePolicy") == "Merge" or not declared:
        return {**values, **made}
    return made


def _labels(external_secret: Object, template: Object | None) -> dict[str, str]:
    own = labels_of(external_secret) if template is None else (template.get("metadata") or {}).get("labels")
    creator = f"{namespace_of(external_secret)}/{name_of(external_secret)}"
    return {
        **(own or {}),
        refresh.MANAGED: "true",
        refresh.CREATED_BY: hashlib.sha3_224(creator.encode()).hexdigest(),
    }


def _annotations(external_secret: Object, template: Object | None) -> dict[str, str]:
    if template is not None:
        return dict((template.get("metadata") or {}).get("annotations") or {})
    return {key: text for key, text in annotations_of(external_secret).items() if key != LAST_APPLIED}

"""The Secret an ExternalSecret asks for, built from the values fetched for it."""

import base64
import hashlib
from collections.abc import Mapping, Sequence

from simulator.controllers.external_secrets import refresh
from simulator.controllers.external_secrets.template import execute
from simulator.controllers.kinds import Object, annotations_of, labels_of, name_of, namespace_of
from simulator.controllers.reconciling import owner_reference

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def target(external_secret: Object) -> Object:
    return dict(external_secret["spec"].get("target") or {})


def target_name(external_secret: Object) -> str:
    return str(target(external_secret).get("name") or name_of(external_secret))


def creation_policy(external_secret: Object) -> str:
    return str(target(external_secret).get("creationPolicy", "Owner"))


def deletion_policy(external_secret: Object) -> str:
    return str(target(external_secret).get("deletionPolicy", "Retain"))


def desired(external_secret: Object, values: Mapping[str, str], sources: Sequence[str] = ()) -> Object:
    """The Secret to apply; `sources` are the texts of `templateFrom`. Raises TemplateError."""
    template = target(external_secret).get("template")
    plain = _templated(template, values, sources) if template else dict(values)
    data = {key: base64.b64encode(value.encode()).decode() for key, value in sorted(plain.items())}
    metadata: Object = {
        "name": target_name(external_secret),
        "namespace": namespace_of(external_secret),
        "labels": _labels(external_secret, template, values),
        "annotations": {
            **_annotations(external_secret, template, values),
            refresh.DATA_HASH: refresh.data_hash(data),
        },
    }
    if creation_policy(external_secret) == "Owner":
        metadata["ownerReferences"] = [owner_reference(external_secret)]
    kind = (template or {}).get("type") or "Opaque"
    made: Object = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind, "data": data}
    return {**made, "immutable": True} if target(external_secret).get("immutable") else made


def creator(external_secret: Object) -> str:
    """The label by which an owner finds its Secrets again, under whatever name they were written."""
    named = f"{namespace_of(external_secret)}/{name_of(external_secret)}"
    return hashlib.sha3_224(named.encode()).hexdigest()


def owned_by_another(secret: Object, external_secret: Object) -> bool:
    """Whether a different ExternalSecret controls the Secret."""
    owner = controller(secret)
    return bool(
        owner
        and owner.get("kind") == external_secret["kind"]
        and owner["uid"] != external_secret["metadata"]["uid"]
    )


def owned_by_others(secret: Object, external_secret: Object) -> bool:
    """Whether something that is no ExternalSecret controls the Secret."""
    owner = controller(secret)
    return bool(owner and owner.get("kind") != external_secret["kind"])


def controller(secret: Object) -> Object:
    """The reference to what controls the Secret, empty when nothing does."""
    references = secret["metadata"].get("ownerReferences") or ()
    return next((dict(each) for each in references if each.get("controller")), {})


def _templated(template: Object, values: Mapping[str, str], sources: Sequence[str]) -> dict[str, str]:
    declared = template.get("data") or {}
    made: dict[str, str] = {}
    for text in sources:
        made |= _pairs(execute(text, values))
    made |= {key: execute(text, values) for key, text in declared.items()}
    if template.get("mergePolicy") == "Merge" or not (declared or sources):
        return {**values, **made}
    return made


def _pairs(text: str) -> dict[str, str]:
    """The `key: value` lines a template of `templateFrom` gives."""
    lines = [line.partition(":") for line in text.splitlines() if line.strip()]
    return {key.strip(): value.strip().strip("\"'") for key, colon, value in lines if colon}


def _labels(external_secret: Object, template: Object | None, values: Mapping[str, str]) -> dict[str, str]:
    own = labels_of(external_secret) if template is None else _metadata(template, "labels", values)
    owned = creation_policy(external_secret) == "Owner"
    return {
        **own,
        refresh.MANAGED: "true",
        **({refresh.CREATED_BY: creator(external_secret)} if owned else {}),
    }


def _annotations(
    external_secret: Object, template: Object | None, values: Mapping[str, str]
) -> dict[str, str]:
    if template is not None:
        return _metadata(template, "annotations", values)
    return {key: text for key, text in annotations_of(external_secret).items() if key != LAST_APPLIED}


def _metadata(template: Object, field: str, values: Mapping[str, str]) -> dict[str, str]:
    given = (template.get("metadata") or {}).get(field) or {}
    return {name: execute(text, values) for name, text in given.items()}

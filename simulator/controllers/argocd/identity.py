"""Which object is meant, and which Application it belongs to."""

from dataclasses import dataclass

from simulator.controllers.kinds import Object, annotations_of, name_of, namespace_of

TRACKING_ID = "argocd.argoproj.io/tracking-id"


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """An object's identity; its version is no part of it. `namespace` is empty for cluster scope."""

    group: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, obj: Object) -> "Ref":
        return cls(group_of(obj), str(obj["kind"]), namespace_of(obj), name_of(obj))

    def __str__(self) -> str:
        """As ArgoCD writes it in messages: `apps/Deployment/web`, `/Secret/db`."""
        return f"{self.group}/{self.kind}/{self.name}"


def group_of(obj: Object) -> str:
    group, slash, _ = str(obj["apiVersion"]).partition("/")
    return group if slash else ""


def version_name(obj: Object) -> str:
    return str(obj["apiVersion"]).rpartition("/")[2]


def tracking_id(application: str, ref: Ref, destination: str) -> str:
    """The annotation that claims an object; cluster-scoped objects carry the destination's namespace."""
    return f"{application}:{ref.group}/{ref.kind}:{ref.namespace or destination}/{ref.name}"


def owner(obj: Object) -> str | None:
    """The Application whose object this is.

    An annotation that names another object was copied from it (to a ReplicaSet, to a composite resource) and
    claims nothing.
    """
    value = annotations_of(obj).get(TRACKING_ID, "")
    application, _, rest = value.partition(":")
    group_kind, _, namespace_name = rest.partition(":")
    group, _, kind = group_kind.partition("/")
    namespace, _, name = namespace_name.partition("/")
    ref = Ref.of(obj)
    same = (group, kind, name) == (ref.group, ref.kind, ref.name)
    if not application or not same or (ref.namespace and namespace != ref.namespace):
        return None
    return application

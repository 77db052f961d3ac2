"""Who may do what: role-based access control over the stored roles and bindings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Protocol

from simulator.kube.access.identity import ANONYMOUS_USER, AUTHENTICATED, UNAUTHENTICATED, Identity
from simulator.kube.status import Object, Refusal, forbidden, qualified
from simulator.kube.storage.store import Event, Store, Stored
from simulator.kube.verbs.call import Call, Target

GROUP: Final = "rbac.authorization.k8s.io"
MASTERS: Final = "system:masters"
_EVERYTHING: Final[Object] = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
_EVERYWHERE: Final[Object] = {"verbs": ["*"], "nonResourceURLs": ["*"]}
_VERBS: Final = {
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "GET": "get",
    "DELETE": "delete",
    "HEAD": "get",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One action somebody wants to carry out."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""


class Authorizer(Protocol):
    """Decides about attempts."""

    def allows(self, identity: Identity, attempt: Attempt) -> bool:
        """Whether the identity may."""

    def reason(self, identity: Identity, attempt: Attempt) -> str:
        """By what the identity may, where that is one binding."""

    def rules(self, identity: Identity, namespace: str) -> list[Object]:
        """Everything the identity may do in a namespace, as rules of roles."""

    def opens(self, identity: Identity, verb: str, path: str) -> bool:
        """Whether the identity may ask for a path that is no resource."""


class AlwaysAllow:
    """Everybody with a token may do everything."""

    def allows(self, _identity: Identity, _attempt: Attempt) -> bool:
        return True

    def reason(self, _identity: Identity, _attempt: Attempt) -> str:
        return ""

    def rules(self, _identity: Identity, _namespace: str) -> list[Object]:
        return [_EVERYTHING, _EVERYWHERE]

    def opens(self, _identity: Identity, _verb: str, _path: str) -> bool:
        return True


class RoleBased:
    """RBAC: the union of the rules of every role that a binding gives to the user or a group."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[Identity, str], list[Object]] = {}
        store.listeners.append(self._changed)

    def _changed(self, where: tuple[str, str], _event: Event) -> None:
        if where[0] == GROUP:
            self._known.clear()

    def allows(self, identity: Identity, attempt: Attempt) -> bool:
        if MASTERS in identity.groups:
            return True
        return any(_permits(rule, attempt) for rule in self.rules(identity, attempt.namespace))

    def opens(self, identity: Identity, verb: str, path: str) -> bool:
        if MASTERS in identity.groups:
            return True
        return any(
            _covers(rule.get("verbs"), verb) and any(_leads(url, path) for url in rule["nonResourceURLs"])
            for rule in self.rules(identity, "")
            if rule.get("nonResourceURLs")
        )

    def rules(self, identity: Identity, namespace: str) -> list[Object]:
        key = (identity, namespace)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = [rule for _, rule in self._gather(identity, namespace)]
        return found

    def reason(self, identity: Identity, attempt: Attempt) -> str:
        if MASTERS in identity.groups:
            return ""
        granted = self._gather(identity, attempt.namespace)
        return next((f"RBAC: allowed by {by}" for by, rule in granted if _permits(rule, attempt)), "")

    def _gather(self, identity: Identity, namespace: str) -> Iterator[tuple[str, Object]]:
        """Every rule, with the binding that gives it."""
        for binding in self._store.collection(GROUP, "clusterrolebindings").scan():
            subject = _bound(binding.value, identity, "")
            if subject:
                by = f'ClusterRoleBinding "{binding.name}" of {_role_named(binding)} to {subject}'
                yield from ((by, rule) for rule in self._role(binding.value["roleRef"], ""))
        if not namespace:
            return
        for binding in self._store.collection(GROUP, "rolebindings").scan(namespace):
            subject = _bound(binding.value, identity, namespace)
            if subject:
                by = f'RoleBinding "{binding.name}/{namespace}" of {_role_named(binding)} to {subject}'
                yield from ((by, rule) for rule in self._role(binding.value["roleRef"], namespace))

    def _role(self, reference: Object, namespace: str) -> Iterable[Object]:
        clustered = reference.get("kind") == "ClusterRole"
        plural, where = ("clusterroles", "") if clustered else ("roles", namespace)
        role = self._store.collection(GROUP, plural).get(where, reference.get("name", ""))
        return (role.value.get("rules") or ()) if role else ()


def _role_named(binding: Stored) -> str:
    role = binding.value["roleRef"]
    return f'{role.get("kind", "")} "{role.get("name", "")}"'


def _bound(binding: Object, identity: Identity, namespace: str) -> str:
    """The subject of a binding that the identity is; empty where it is none."""
    groups = set(identity.groups)
    if UNAUTHENTICATED not in groups:
        groups.add(AUTHENTICATED)
    for subject in binding.get("subjects") or ():
        kind, name = subject.get("kind"), subject.get("name")
        if kind == "User" and name == identity.user:
            return f'User "{name}"'
        if kind == "Group" and name in groups:
            return f'Group "{name}"'
        where = subject.get("namespace") or namespace
        if kind == "ServiceAccount" and identity.user == f"system:serviceaccount:{where}:{name}":
            return f'ServiceAccount "{name}/{where}"'
    return ""


def _permits(rule: Object, attempt: Attempt) -> bool:
    names = rule.get("resourceNames") or ()
    if names and attempt.name not in names:
        return False
    resources = rule.get("resources") or ()
    any_of_sub = f"*/{attempt.resource.partition('/')[2]}"
    return (
        _covers(rule.get("verbs"), attempt.verb)
        and _covers(rule.get("apiGroups"), attempt.group)
        and (_covers(resources, attempt.resource) or ("/" in attempt.resource and any_of_sub in resources))
    )


def _covers(allowed: Iterable[str] | None, wanted: str) -> bool:
    allowed = allowed or ()
    return "*" in allowed or wanted in allowed


def _leads(url: str, path: str) -> bool:
    """A star stands at the end of a path, for everything below."""
    return path.startswith(url[:-1]) if url.endswith("*") else path == url


def verb_of(call: Call, name: str) -> str:
    """What a request on resources does, by its method and by whether it names one."""
    verb = _VERBS.get(call.method, call.method.lower())
    if call.flag("watch") and verb == "get":
        verb = "watch"
    elif not name and verb in {"get", "delete"}:
        verb = "list" if verb == "get" else "deletecollection"
    return verb


def attempt_of(target: Target, call: Call) -> Attempt:
    """What a request attempts."""
    verb, resource = verb_of(call, target.name), target.resource
    plural = f"{resource.plural}/{target.subresource}" if target.subresource else resource.plural
    own = target.name if resource.storage == ("", "namespaces") else target.namespace
    return Attempt(verb, resource.group, plural, own, target.name)


def check_impersonation(authorizer: Authorizer, identity: Identity, acting: Identity) -> None:
    """Raises 403 unless `identity` may act as that user and every one of its groups."""
    wanted = [Attempt("impersonate", "", "users", name=acting.user)]
    implied = {AUTHENTICATED, UNAUTHENTICATED} if acting.user == ANONYMOUS_USER else {AUTHENTICATED}
    wanted += [
        Attempt("impersonate", "", "groups", name=group) for group in acting.groups if group not in implied
    ]
    for attempt in wanted:
        if not authorizer.allows(identity, attempt):
            raise refusal(identity, attempt)


def path_refusal(identity: Identity, verb: str, path: str) -> Refusal:
    """403 for a path that is no resource."""
    message = f'forbidden: User "{identity.user}" cannot {verb} path "{path}"'
    return Refusal(HTTPStatus.FORBIDDEN, "Forbidden", message, {})


def refusal(identity: Identity, attempt: Attempt) -> Refusal:
    """403 in the words of the real server."""
    plural = attempt.resource.partition("/")[0]
    where = f'in the namespace "{attempt.namespace}"' if attempt.namespace else "at the cluster scope"
    named = f' "{attempt.name}"' if attempt.name else ""
    message = (
        f"{qualified(attempt.group, plural)}{named} is forbidden: "
        f'User "{identity.user}" cannot {attempt.verb} resource "{attempt.resource}" '
        f'in API group "{attempt.group}" {where}'
    )
    return forbidden(attempt.group, plural, attempt.name, message)

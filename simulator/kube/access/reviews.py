"""Reviews: who am I, whose is this token, may I, may they, what may I. Nothing of them is stored."""

from collections.abc import Iterator
from typing import Any, Final

from simulator.kube.access.identity import AUTHENTICATED, Identity
from simulator.kube.access.rbac import Attempt, Authorizer
from simulator.kube.access.tokens import ISSUER, Tokens
from simulator.kube.status import Cause, Object, bad_request, invalid
from simulator.kube.validation.causes import invalid_value

_AUTHORIZATION: Final = "authorization.k8s.io"
_AUTHENTICATION: Final = "authentication.k8s.io"


class Reviews:
    """Answers reviews that are posted."""

    def __init__(self, authorizer: Authorizer, tokens: Tokens) -> None:
        self._authorizer = authorizer
        self._tokens = tokens

    def answer(self, kind: str, body: Object, caller: Identity, *, namespace: str, now: str) -> Object:
        """`namespace` is that of the path, `now` when the answer is made."""
        spec = body.get("spec") or {}
        match kind:
            case "SelfSubjectReview":
                return _answer(kind, _AUTHENTICATION, status={"userInfo": _user(caller)}, now=now)
            case "TokenReview":
                return _answer(kind, _AUTHENTICATION, spec=spec, status=self._token(spec))
            case "SelfSubjectRulesReview":
                return _answer(kind, _AUTHORIZATION, spec={}, status=self._rules(caller, spec))
        if found := list(_causes(kind, spec, namespace)):
            raise invalid(_AUTHORIZATION, kind, "", found)
        asked = caller
        if kind != "SelfSubjectAccessReview":
            asked = Identity(spec.get("user", ""), tuple(spec.get("groups") or ()))
        return _answer(kind, _AUTHORIZATION, spec=spec, status=self._access(asked, spec))

    def _token(self, spec: Object) -> Object:
        if not spec.get("token"):
            raise bad_request("token is required for TokenReview in authentication")
        found = self._tokens.identity(spec["token"])
        if found is None:
            return {"user": {}, "error": "invalid bearer token"}
        audiences = [one for one in spec.get("audiences") or [ISSUER] if one == ISSUER]
        return {"authenticated": True, "user": _user(found), "audiences": audiences}

    def _access(self, asked: Identity, spec: Object) -> Object:
        wanted, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes") or {}
        if wanted is not None:
            attempt = _attempt(wanted)
            allowed = self._authorizer.allows(asked, attempt)
            why = self._authorizer.reason(asked, attempt)
        else:
            allowed = self._authorizer.opens(asked, path.get("verb", ""), path.get("path", ""))
            why = ""
        return {"allowed": allowed, **({"reason": why} if allowed and why else {})}

    def _rules(self, caller: Identity, spec: Object) -> Object:
        if not spec.get("namespace"):
            raise bad_request("no namespace on request")
        rules = self._authorizer.rules(caller, spec["namespace"])
        return {
            "resourceRules": [rule for rule in rules if "resources" in rule],
            "nonResourceRules": [rule for rule in rules if "nonResourceURLs" in rule],
            "incomplete": False,
        }


def _answer(kind: str, group: str, *, status: Object, spec: Object | None = None, now: str = "") -> Object:
    metadata = {"creationTimestamp": now} if now else {}
    shown = {} if spec is None else {"spec": spec}
    return {"kind": kind, "apiVersion": f"{group}/v1", "metadata": metadata, **shown, "status": status}


def _user(identity: Identity) -> Object:
    groups = [one for one in identity.groups if one != AUTHENTICATED]
    return {"username": identity.user, "groups": [*groups, AUTHENTICATED]}


def _causes(kind: str, spec: Object, namespace: str) -> Iterator[Cause]:
    wanted, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if wanted is not None and path is not None:
        says = "cannot be specified in combination with resourceAttributes"
        yield invalid_value("spec.nonResourceAttributes", path, says)
    if wanted is None and path is None:
        says = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        yield invalid_value("spec.resourceAttributes", None, says)
    if kind != "SelfSubjectAccessReview" and not spec.get("user") and not spec.get("groups"):
        yield invalid_value("spec.user", "", "at least one of user or group must be specified")
    if kind == "LocalSubjectAccessReview":
        if wanted is not None and wanted.get("namespace", "") != namespace:
            field = "spec.resourceAttributes.namespace"
            yield invalid_value(field, wanted.get("namespace", ""), "must match metadata.namespace")
        if path is not None:
            yield invalid_value("spec.nonResourceAttributes", path, "disallowed on this kind of request")


def _attempt(wanted: Any) -> Attempt:
    plural = "/".join(filter(None, (wanted.get("resource", ""), wanted.get("subresource", ""))))
    where, name = wanted.get("namespace", ""), wanted.get("name", "")
    return Attempt(wanted.get("verb", ""), wanted.get("group", ""), plural, where, name)

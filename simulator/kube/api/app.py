"""The ASGI side: authentication, routing, and writing answers and refusals to the wire."""

from collections.abc import Mapping, MutableMapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

import orjson
import yaml

from simulator.backends.serving import ABORT, PEER
from simulator.kube.access.identity import ANONYMOUS, Identity, impersonated, of_certificate
from simulator.kube.access.rbac import (
    Attempt,
    Authorizer,
    check_impersonation,
    path_refusal,
    refusal,
    verb_of,
)
from simulator.kube.access.tokens import Tokens
from simulator.kube.api import discovery, openapi, paths
from simulator.kube.api.objects import Objects
from simulator.kube.api.wire import Gone, Receive, Send, body_of, reply, stream
from simulator.kube.encoding.bodies import JSON, YAML_TYPES
from simulator.kube.encoding.forms import check_routable, negotiate
from simulator.kube.status import (
    Refusal,
    method_not_allowed,
    no_such_path,
    not_found,
    unauthorized,
)
from simulator.kube.storage.registry import Registry
from simulator.kube.verbs.call import Call, Reply, Stream, Target

Scope = MutableMapping[str, Any]

TEXT: Final = "text/plain; charset=utf-8"
_HEALTH: Final = frozenset({"/healthz", "/livez", "/readyz"})
_CHECKS: Final = ("ping", "store")
_PUBLIC: Final = _HEALTH | {"/version"}


class App:
    """One Kubernetes API server as an ASGI application."""

    def __init__(
        self,
        registry: Registry,
        objects: Objects,
        authorizer: Authorizer,
        *,
        tokens: Tokens,
        anonymous: bool = False,
    ) -> None:
        """Callers without a credential are taken for anonymous ones where that is allowed."""
        self._registry = registry
        self._objects = objects
        self._authorizer = authorizer
        self._anonymous = anonymous
        self._tokens = tokens
        self._schemas = openapi.Documents(registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            call = await self._call(scope, receive)
            answer = await self._answer(call)
            answer = _as_yaml(call, answer)
        except Refusal as exc:
            answer = Reply(exc.code, exc.encode(), JSON, exc.headers)
        except Gone:
            return
        if isinstance(answer, Reply):
            await reply(send, answer)
        else:
            await stream(receive, send, answer, (scope.get("extensions") or {}).get(ABORT))

    async def _call(self, scope: Scope, receive: Receive) -> Call:
        pairs = [(key.decode("latin-1").lower(), value.decode("latin-1")) for key, value in scope["headers"]]
        headers = dict(pairs)
        path = unquote(scope["path"]) if "raw_path" not in scope else scope["path"]
        path, watched = paths.unwatched(path)
        query: dict[str, str] = {"watch": "1"} if watched else {}
        for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
            query.setdefault(name, value)
        identity = self._identify(headers, path, (scope.get("extensions") or {}).get(PEER))
        acting = impersonated(pairs)
        if acting is not None:
            check_impersonation(self._authorizer, identity, acting)
            identity = acting
        if identity == ANONYMOUS and not self._anonymous and path.rstrip("/") not in _PUBLIC:
            raise unauthorized()
        return Call(scope["method"], path, query, headers, await body_of(receive), identity)

    def _identify(
        self, headers: Mapping[str, str], path: str, certificate: Mapping[str, Any] | None
    ) -> Identity:
        """A certificate is asked before a token, as in the real server."""
        known = of_certificate(certificate) if certificate else None
        if known is not None:
            return known
        scheme, _, token = headers.get("authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else ""
        if not given:
            scheme = ""
        identity = self._tokens.identity(given)
        if identity is not None:
            return identity
        if not scheme and (self._anonymous or path.rstrip("/") in _PUBLIC):
            return ANONYMOUS
        raise unauthorized()

    async def _answer(self, call: Call) -> Reply | Stream:
        route = paths.parse(call.path)
        if route is None or not route.plural:
            return self._describe(call, route)
        if self._registry.find(route.group, route.version, route.plural) is None:
            self._check_unknown(route, call)
            if self._custom(route.group):
                return _missing()
        target = self._target(route)
        if target is None or _without_namespace(target, call):
            return _missing()
        return await self._objects.answer(target, call)

    def _check_unknown(self, route: paths.Route, call: Call) -> None:
        """Raises 403 for a resource that is not served: nobody learns that without being allowed to ask."""
        verb, plural = verb_of(call, route.name), "/".join(filter(None, (route.plural, route.subresource)))
        attempt = Attempt(verb, route.group, plural, route.namespace, route.name)
        if not self._authorizer.allows(call.identity, attempt):
            raise refusal(call.identity, attempt)

    def _custom(self, group: str) -> bool:
        """Whether no built-in kind is in a group, so that the server knows nothing of what is below it."""
        return not any(one.group == group and not one.custom for one in self._registry)

    def _target(self, route: paths.Route) -> Target | None:
        """What a path names; raises 404 for what is not served, None where no custom resource is."""
        resource = self._registry.find(route.group, route.version, route.plural)
        misplaced = resource is not None and (
            bool(route.namespace and not resource.namespaced)
            or bool(route.name and resource.namespaced and not route.namespace)
        )
        if resource is not None and misplaced and resource.custom:
            return None
        if resource is None or misplaced:
            raise no_such_path()
        if route.subresource and route.subresource not in resource.subresources:
            if resource.custom:
                raise not_found(resource.group, resource.plural, route.name)
            raise no_such_path()
        return Target(resource, route.namespace, route.name, route.subresource, route.rest)

    def _describe(self, call: Call, route: paths.Route | None) -> Reply:
        """Everything that is about the server, not about objects."""
        path, verb = call.path.rstrip("/") or "/", call.method.lower()
        if not self._authorizer.opens(call.identity, verb, path):
            raise path_refusal(call.identity, verb, call.path)
        if call.method not in {"GET", "HEAD"}:
            raise method_not_allowed()
        if path in _HEALTH or (path.rpartition("/")[0] in _HEALTH and path.rpartition("/")[2] in _CHECKS):
            return _health(call, path)
        if route is not None:
            return self._resources(call, route)
        if path in {"/api", "/apis"}:
            return self._groups(call, path)
        if path.startswith("/openapi/"):
            return self._schemas.answer(path, call) or _missing()
        return self._group(path)

    def _resources(self, call: Call, route: paths.Route) -> Reply:
        if route.version not in self._registry.groups().get(route.group, ()):
            if self._custom(route.group):
                return _missing()
            raise no_such_path()
        check_routable(call.headers.get("accept", ""), listing=False)
        found = discovery.resource_list(self._registry, route.group, route.version)
        return Reply(HTTPStatus.OK, orjson.dumps(found))

    def _groups(self, call: Call, path: str) -> Reply:
        core = path == "/api"
        if negotiate(call.headers.get("accept", ""), discovery=True).discovery:
            found = discovery.aggregated(self._registry, core=core)
            return Reply(HTTPStatus.OK, orjson.dumps(found), discovery.AGGREGATED)
        if core:
            return Reply(HTTPStatus.OK, orjson.dumps(discovery.core_versions(call.headers.get("host", ""))))
        return Reply(HTTPStatus.OK, orjson.dumps(discovery.group_list(self._registry)))

    def _group(self, path: str) -> Reply:
        if path == "/version":
            return Reply(HTTPStatus.OK, orjson.dumps(discovery.version()))
        if path == "/":
            known = ["/api", "/api/v1", "/apis", *sorted(_HEALTH), "/openapi/v2", "/openapi/v3", "/version"]
            return Reply(HTTPStatus.OK, orjson.dumps({"paths": known}))
        if path.startswith("/api/"):
            raise no_such_path()
        name = path.removeprefix("/apis/")
        versions = self._registry.groups().get(name) if path.startswith("/apis/") else None
        if not versions:
            return _missing()
        group = {"kind": "APIGroup", "apiVersion": "v1", **discovery.group(name, versions)}
        return Reply(HTTPStatus.OK, orjson.dumps(group))


def _without_namespace(target: Target, call: Call) -> bool:
    """Whether a namespaced custom resource is asked for in all namespaces, but not read."""
    resource = target.resource
    everywhere = resource.custom and resource.namespaced and not target.namespace
    return everywhere and call.method not in {"GET", "HEAD"}


def _missing() -> Reply:
    return Reply(HTTPStatus.NOT_FOUND, b"404 page not found\n", TEXT)


def _health(call: Call, path: str) -> Reply:
    if "verbose" in call.query:
        name = path.strip("/").partition("/")[0]
        checks = "".join(f"[+]{check} ok\n" for check in _CHECKS)
        return Reply(HTTPStatus.OK, f"{checks}{name} check passed\n".encode(), TEXT)
    return Reply(HTTPStatus.OK, b"ok", TEXT)


def _as_yaml(call: Call, answer: Reply | Stream) -> Reply | Stream:
    """The same answer for a client that asked for YAML."""
    accept = call.headers.get("accept", "").partition(",")[0].partition(";")[0].strip()
    if accept not in YAML_TYPES or not isinstance(answer, Reply) or answer.media_type != JSON:
        return answer
    text = yaml.safe_dump(orjson.loads(answer.body), sort_keys=False)
    return Reply(answer.status, text.encode(), "application/yaml", answer.headers)

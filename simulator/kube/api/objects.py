"""What a request on objects does: one method for each verb and subresource."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Final

import orjson

from simulator.clock import Clock
from simulator.kube.access.rbac import Authorizer, attempt_of, refusal
from simulator.kube.access.reviews import Reviews
from simulator.kube.access.tokens import KIND, Tokens
from simulator.kube.api.kubelets import Kubelets
from simulator.kube.api.logs import pod_log
from simulator.kube.encoding.bodies import APPLY, JSON, media_type, parse, repeated, unrecognized
from simulator.kube.encoding.forms import Form, check_routable, negotiate
from simulator.kube.event_view import to_core
from simulator.kube.resource import Resource
from simulator.kube.status import (
    Object,
    Refusal,
    bad_request,
    conflict,
    method_not_allowed,
    no_such_path,
    success,
)
from simulator.kube.storage.store import Store
from simulator.kube.tables.table import layout, partial, row, table
from simulator.kube.verbs import options
from simulator.kube.verbs.call import Call, Clocks, Reply, Stream, Target
from simulator.kube.verbs.deleting import Deleted, delete, options_of, warnings_of
from simulator.kube.verbs.patching import author_of, check_name, patch
from simulator.kube.verbs.reading import find, listed, select, written
from simulator.kube.verbs.scaling import rescale, scale_of
from simulator.kube.verbs.watching import Watch
from simulator.kube.verbs.writing import Writer, Written, check_type, require_version

Answer = Reply | Stream
Handler = Callable[[Target, Call], Awaitable[Answer]]
_WATCH_MEDIA: Final = JSON
_UNSERVED: Final = frozenset({"attach", "ephemeralcontainers", "exec", "portforward"})


class Objects:
    """Carries out requests on stored objects."""

    def __init__(
        self, store: Store, writer: Writer, authorizer: Authorizer, tokens: Tokens, wire: Clock
    ) -> None:
        self._tokens = tokens
        self._authorizer = authorizer
        self._reviews = Reviews(authorizer, tokens)
        self._wire = wire
        self._store = store
        self._writer = writer
        self._kubelets = Kubelets()

    def _clocks(self) -> Clocks:
        return Clocks(self._writer.clock, self._wire)

    async def close(self) -> None:
        await self._kubelets.close()

    async def answer(self, target: Target, call: Call) -> Answer:
        """Find the handler for the path and the method; raises 403 when the caller may not."""
        attempt = attempt_of(target, call)
        if not self._authorizer.allows(call.identity, attempt):
            raise refusal(call.identity, attempt)
        if call.method in {"POST", "PUT", "PATCH"}:
            kind = media_type(call.headers.get("content-type", ""))
            options.check(call.method, call.query, apply=kind in APPLY)
        if not target.resource.custom:
            listing = call.method == "GET" and not target.name
            check_routable(call.headers.get("accept", ""), listing=listing)
        if target.resource.virtual:
            return self._review(target, call)
        if target.subresource:
            return await self._subresource(target, call)
        by_name: dict[str, Handler] = {
            "GET": self._get,
            "PUT": self._put,
            "PATCH": self._patch,
            "DELETE": self._delete,
        }
        of_all: dict[str, Handler] = {"GET": self._list, "POST": self._create, "DELETE": self._delete_all}
        if target.resource.namespaced and not target.namespace:
            of_all = {"GET": self._list}
        if target.resource.custom and not target.name and call.method in {"PUT", "PATCH"}:
            raise bad_request("name must be provided")
        handler = (by_name if target.name else of_all).get(call.method)
        if handler is None or (
            handler == self._delete_all and "deletecollection" not in target.resource.verbs
        ):
            raise method_not_allowed()
        return await handler(target, call)

    def _review(self, target: Target, call: Call) -> Reply:
        if call.method != "POST" or target.name:
            raise method_not_allowed()
        body = parse(call.body, call.headers.get("content-type", ""), target.resource.kind)
        read, _ = self._writer.read(target.resource, body, "Ignore")
        kind, now = target.resource.kind, self._writer.now()
        answer = self._reviews.answer(kind, read, call.identity, namespace=target.namespace, now=now)
        return Reply(HTTPStatus.CREATED, orjson.dumps(answer))

    async def _subresource(self, target: Target, call: Call) -> Answer:
        resource, name = target.resource, target.subresource
        if target.rest:
            raise no_such_path()
        if name == "status" and call.method in {"GET", "PUT", "PATCH"}:
            handler = {"GET": self._get, "PUT": self._put, "PATCH": self._patch}[call.method]
            return await handler(target, call)
        if name == "scale" and call.method in {"GET", "PUT", "PATCH"}:
            return self._scale(target, call)
        if name == "log" and call.method == "GET":
            return await pod_log(self._store, find(self._store, target), call, self._kubelets)
        actions = {
            ("POST", "eviction"): self._evict,
            ("POST", "binding"): self._bind,
            ("POST", "token"): self._token,
            ("PUT", "finalize"): self._finalize,
        }
        action = actions.get((call.method, name))
        if action is not None:
            return action(target, call)
        if name in _UNSERVED:
            message = f"{resource.plural}/{name} is not served by this embedded server"
            raise Refusal(HTTPStatus.NOT_IMPLEMENTED, "NotImplemented", message)
        raise method_not_allowed()

    async def _get(self, target: Target, call: Call) -> Answer:
        if call.flag("watch"):
            return await self._list(target, call)
        form = negotiate(call.headers.get("accept", ""))
        options.check_table(form.shape, call.query)
        stored = find(self._store, target)
        body = written(target, stored, form, self._writer.clock, call.query.get("includeObject", ""))
        return Reply(HTTPStatus.OK, body)

    async def _list(self, target: Target, call: Call) -> Answer:
        form = negotiate(call.headers.get("accept", ""))
        options.check_table(form.shape, call.query)
        options.check_list(call.query, watch=call.flag("watch"))
        if call.flag("watch"):
            watch = Watch(self._store, self._clocks(), target, call, form)
            return Stream(watch.lines(), HTTPStatus.OK, _WATCH_MEDIA)
        return await listed(self._store, self._clocks(), target, call, form)

    def _body(self, target: Target, call: Call) -> tuple[Resource, Object]:
        """The object in the body, and the resource it is stored as."""
        resource = target.resource
        raw = parse(call.body, call.headers.get("content-type", ""), resource.kind)
        if resource.custom and not raw.get("kind"):
            why = f"Object 'Kind' is missing in '{call.body.decode(errors='replace')}'"
            raise unrecognized(call.body, resource.kind, why)
        if resource.view_of is None:
            return resource, raw
        check_type(resource, raw)
        return resource.view_of, {**to_core(raw), "apiVersion": resource.view_of.group_version}

    async def _create(self, target: Target, call: Call) -> Answer:
        form = negotiate(call.headers.get("accept", ""))
        resource, raw = self._body(target, call)
        author = author_of(call, repeated(call.body, raw, call.headers.get("content-type", "")))
        written = self._writer.create(resource, target.namespace, raw, author)
        return self._reply(target, written, form, call, HTTPStatus.CREATED)

    async def _put(self, target: Target, call: Call) -> Answer:
        form = negotiate(call.headers.get("accept", ""))
        resource, raw = self._body(target, call)
        author = author_of(call, repeated(call.body, raw, call.headers.get("content-type", "")))
        value, warnings = self._writer.read(resource, raw, author.validation, author.repeated)
        check_name(target, value["metadata"])
        old = self._store.collection(*resource.storage).get(target.namespace, target.name)
        if old is None and resource.created_by_update and not target.subresource:
            made = self._writer.insert(resource, target.namespace, value, author, warnings=warnings)
            return self._reply(target, made, form, call, HTTPStatus.CREATED)
        old = find(self._store, target)
        require_version(resource, old, value["metadata"])
        written = self._writer.update(
            resource, old, value, author, subresource=target.subresource, warnings=warnings
        )
        return self._reply(target, written, form, call, HTTPStatus.OK)

    async def _patch(self, target: Target, call: Call) -> Answer:
        form = negotiate(call.headers.get("accept", ""))
        old = self._store.collection(*target.resource.storage).get(target.namespace, target.name)
        written, status = patch(self._writer, target, old, call)
        return self._reply(target, written, form, call, status)

    def _reply(self, target: Target, done: Written, form: Form, call: Call, status: int) -> Reply:
        warnings = _warned(done.warnings)
        resource, value = target.resource, done.value
        if form.shape == "Table":
            columns, fill = layout(resource)
            include, now = call.query.get("includeObject", ""), self._writer.clock.now()
            rows = [row(resource, value, fill, now, include, version=form.version)]
            return Reply(status, orjson.dumps(table(columns, rows, {}, form.version)), headers=warnings)
        if form.shape:
            return Reply(status, orjson.dumps(partial(value, form.version)), headers=warnings)
        return Reply(status, resource.render(done.encoded()), headers=warnings)

    def _deleted(self, resource: Resource, deleted: Deleted) -> bytes:
        metadata = deleted.value["metadata"]
        if deleted.gone and not resource.returns_deleted:
            return orjson.dumps(success(resource.group, resource.plural, metadata["name"], metadata["uid"]))
        return resource.render(orjson.dumps(deleted.value))

    async def _delete(self, target: Target, call: Call) -> Answer:
        resource, wanted = target.resource, options_of(target.resource, call)
        deleted = delete(self._writer, resource, find(self._store, target), wanted)
        headers = _warned(warnings_of(resource, call, wanted))
        return Reply(HTTPStatus.OK, self._deleted(resource, deleted), headers=headers)

    async def _delete_all(self, target: Target, call: Call) -> Answer:
        resource, wanted = target.resource, options_of(target.resource, call)
        options.check_list(call.query, watch=False)
        matches = select(target, call)
        found = list(self._store.collection(*resource.storage).scan(target.namespace))
        items = [one for one in found if matches is None or matches(one.value)]
        deleted = [resource.shown(delete(self._writer, resource, one, wanted).value) for one in items]
        named: Object = {"kind": resource.items_kind, "apiVersion": resource.group_version}
        listed: Object = {**named, "metadata": {"resourceVersion": str(self._store.rv)}, "items": deleted}
        return Reply(HTTPStatus.OK, orjson.dumps(listed))

    def _scale(self, target: Target, call: Call) -> Reply:
        old = find(self._store, target)
        if call.method == "GET":
            return Reply(HTTPStatus.OK, orjson.dumps(scale_of(target.resource, old.value)))
        return Reply(HTTPStatus.OK, orjson.dumps(rescale(self._writer, target, old, call)))

    def _evict(self, target: Target, call: Call) -> Reply:
        raw = parse(call.body, call.headers.get("content-type", ""), "Eviction")
        options = raw.get("deleteOptions") or {}
        evicting = Call(call.method, call.path, call.query, {}, orjson.dumps(options), call.identity)
        delete(
            self._writer, target.resource, find(self._store, target), options_of(target.resource, evicting)
        )
        answer = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
        return Reply(HTTPStatus.CREATED, orjson.dumps(answer))

    def _bind(self, target: Target, call: Call) -> Reply:
        """What a scheduler posts: the Pod runs on the named node from now on."""
        raw = parse(call.body, call.headers.get("content-type", ""), "Binding")
        old = find(self._store, target)
        node = (raw.get("target") or {}).get("name", "")
        if not node or old.value["spec"].get("nodeName"):
            has = old.value["spec"].get("nodeName", "")
            taken = f'pod {old.name} is already assigned to node "{has}"'
            why = taken if node else "target.name is required"
            raise conflict(target.resource.group, "pods/binding", old.name, why)
        self._writer.bind(target.resource, old, node)
        answer = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
        return Reply(HTTPStatus.CREATED, orjson.dumps(answer))

    def _token(self, target: Target, call: Call) -> Reply:
        """A token by which one is taken for the ServiceAccount."""
        raw = parse(call.body, call.headers.get("content-type", ""), KIND)
        answer = self._tokens.mint(find(self._store, target), raw)
        return Reply(HTTPStatus.CREATED, orjson.dumps(answer))

    def _finalize(self, target: Target, call: Call) -> Reply:
        """Replace a Namespace's spec.finalizers; without any left it goes."""
        raw = parse(call.body, call.headers.get("content-type", ""), "Namespace")
        old = find(self._store, target)
        value = orjson.loads(old.body)
        value["spec"] = {**value["spec"], "finalizers": (raw.get("spec") or {}).get("finalizers") or []}
        done = self._writer.finalized(target.resource, old, value)
        return Reply(HTTPStatus.OK, target.resource.render(orjson.dumps(done)))


def _warned(texts: Sequence[str]) -> list[tuple[str, str]]:
    return [("Warning", "299 - " + orjson.dumps(text).decode()) for text in texts]

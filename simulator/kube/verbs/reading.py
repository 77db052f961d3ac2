"""GET: one object, or a list with selectors, pages and past states."""

import base64
import re
from http import HTTPStatus
from typing import Any, Final

import orjson

from simulator.clock import Clock
from simulator.kube.encoding.bodies import JSON
from simulator.kube.encoding.forms import Form
from simulator.kube.selectors import Predicate, compiled
from simulator.kube.status import Object, Refusal, bad_request, expired, not_found
from simulator.kube.storage.store import Store, Stored, TooOld
from simulator.kube.tables.table import layout, partial, row, table
from simulator.kube.verbs.call import Call, Clocks, Reply, Target
from simulator.kube.verbs.options import number

TOO_LARGE_SECONDS: Final = 3
_VERSION: Final = "meta.k8s.io/v1"
_ANY: Final = -1
_INCONSISTENT: Final = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new "
    "list without the continue parameter, or use the continue token in this response to retrieve the "
    "remainder of the results. Continuing with the provided token results in an inconsistent list - objects "
    "that were created, modified, or deleted between the time the first chunk was returned and now may show "
    "up in the list."
)
_NO_TOKEN: Final = re.compile(r"[^A-Za-z0-9_-]")
_INVALID_LIST_RV: Final = (
    'resourceVersion: Invalid value: "{}": strconv.ParseUint: parsing "{}": invalid syntax'
)


def select(target: Target, call: Call) -> Predicate | None:
    """The predicate of both selectors of a request."""
    fields = call.query.get("fieldSelector", "")
    if target.name:
        fields = ",".join(filter(None, (fields, f"metadata.name={target.name}")))
    return compiled(call.query.get("labelSelector", ""), fields, target.resource)


def find(store: Store, target: Target) -> Stored:
    """The stored object a path names."""
    resource = target.resource
    found = store.collection(*resource.storage).get(target.namespace, target.name)
    if found is None:
        raise not_found(resource.group, resource.plural, target.name)
    return found


def written(target: Target, stored: Stored, form: Form, clock: Clock, include: str) -> bytes:
    """One object in the wanted form."""
    if form.shape == "Table":
        columns, fill = layout(target.resource)
        rows = [row(target.resource, stored.value, fill, clock.now(), include, version=form.version)]
        version = {"resourceVersion": stored.metadata["resourceVersion"]}
        return orjson.dumps(table(columns, rows, version, form.version))
    if form.shape:
        return orjson.dumps(partial(stored.value, form.version))
    return target.resource.render(stored.body)


async def listed(store: Store, clocks: Clocks, target: Target, call: Call, form: Form) -> Reply:
    """A list answer."""
    matches = select(target, call)
    page = await _page(store, clocks.wire, target, call)
    items = [one for one in page.items if matches(one.value)] if matches else page.items
    limit = max(0, number(call.query.get("limit", ""))) if page.paged else 0
    metadata: Object = {"resourceVersion": str(page.rv)}
    if limit and len(items) > limit:
        metadata["continue"] = _token(page.rv, items[limit - 1].key)
        if matches is None:
            metadata["remainingItemCount"] = len(items) - limit
        items = items[:limit]
    return Reply(HTTPStatus.OK, _render(target, items, metadata, form, clock=clocks.world, call=call), JSON)


class _Page:
    """The objects a list starts from, as of one resourceVersion."""

    def __init__(self, items: list[Stored], rv: int, *, paged: bool = True) -> None:
        self.items = items
        self.rv = rv
        self.paged = paged


async def _page(store: Store, clock: Clock, target: Target, call: Call) -> _Page:
    collection = store.collection(*target.resource.storage)
    token, wanted = call.query.get("continue", ""), call.query.get("resourceVersion", "")
    if token:
        rv, after = _parse(token)
        rv = store.rv if rv == _ANY else rv
        return _Page([one for one in _past(store, target, rv, after) if one.key > after], rv)
    if wanted and not wanted.isdigit():
        raise bad_request(_INVALID_LIST_RV.format(wanted, wanted))
    if wanted and int(wanted) > store.rv:
        await clock.sleep(TOO_LARGE_SECONDS)
        if int(wanted) > store.rv:
            raise too_large(wanted, store.rv)
    exact = call.query.get("resourceVersionMatch") == "Exact"
    if exact and wanted not in {"", "0"}:
        return _Page(_past(store, target, int(wanted)), int(wanted))
    return _Page(list(collection.scan(target.namespace)), store.rv, paged=wanted != "0")


def _past(store: Store, target: Target, rv: int, after: str = "") -> list[Stored]:
    """The objects as of a version; one that is not known any more can be gone on from the present state."""
    try:
        return store.collection(*target.resource.storage).snapshot(rv, target.namespace)
    except TooOld as exc:
        if not after:
            raise expired("The resourceVersion for the provided list is too old.") from exc
        raise expired(_INCONSISTENT, {"continue": _token(_ANY, after)}) from exc


def too_large(wanted: str, current: int) -> Refusal:
    """504: the client asks for a state this server has not reached."""
    details = {
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1,
    }
    message = f"Timeout: Too large resource version: {wanted}, current: {current}"
    return Refusal(HTTPStatus.GATEWAY_TIMEOUT, "Timeout", message, details, (("Retry-After", "1"),))


def _token(rv: int, last: str) -> str:
    """Where the next page starts: unpadded base64, as the real token is."""
    token = orjson.dumps({"v": _VERSION, "rv": rv, "start": last})
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def _parse(token: str) -> tuple[int, str]:
    wrong = _NO_TOKEN.search(token)
    if wrong is not None or len(token) % 4 == 1:
        at = wrong.start() if wrong else len(token) - 1
        raise bad_request(
            f"invalid continue token: continue key is not valid: illegal base64 data at input byte {at}"
        )
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    try:
        return _place(orjson.loads(raw))
    except (orjson.JSONDecodeError, AttributeError, TypeError, ValueError) as exc:
        if not raw:
            raise bad_request(
                "invalid continue token: continue key is not valid: unexpected end of JSON input"
            ) from exc
        shown = raw[:1].decode("latin-1")
        first = shown if shown.isascii() and shown.isprintable() else f"\\u{raw[0]:04x}"
        why = f"invalid character '{first}' looking for beginning of value"
        raise bad_request(f"invalid continue token: continue key is not valid: {why}") from exc


def _place(found: Any) -> tuple[int, str]:
    version, rv, start = found.get("v", ""), int(found.get("rv", 0)), str(found.get("start", ""))
    why = ""
    if version != _VERSION:
        why = f"server does not recognize this encoded version {orjson.dumps(version).decode()}"
    elif not rv:
        why = f"incorrect encoded start resourceVersion (version {_VERSION})"
    elif not start:
        why = f"encoded start key empty (version {_VERSION})"
    elif {"", ".", ".."} & {*start.removeprefix("/").split("/")}:
        why = start
    if why:
        raise bad_request(f"invalid continue token: continue key is not valid: {why}")
    return rv, start


def _render(
    target: Target, items: list[Stored], metadata: Object, form: Form, *, clock: Clock, call: Call
) -> bytes:
    resource = target.resource
    if form.shape == "Table":
        columns, fill = layout(resource)
        include, now = call.query.get("includeObject", ""), clock.now()
        rows = [row(resource, one.value, fill, now, include, version=form.version) for one in items]
        return orjson.dumps(table(columns, rows, metadata, form.version))
    if form.shape:
        kind, version = "PartialObjectMetadataList", f"meta.k8s.io/{form.version}"
        bodies = [orjson.dumps(partial(one.value, form.version)) for one in items]
    else:
        kind, version = resource.items_kind, resource.group_version
        bodies = (
            [resource.render(one.body) for one in items]
            if resource.custom
            else [resource.item(one.body) for one in items]
        )
    head = orjson.dumps({"kind": kind, "apiVersion": version, "metadata": metadata})[:-1]
    return b"".join((head, b',"items":[', b",".join(bodies), b"]}"))

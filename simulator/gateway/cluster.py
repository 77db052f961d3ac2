"""A real cluster behind the gateway: the caller's token stays here, the cluster's own credential goes on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import httpx
import orjson
from starlette.types import Receive, Scope, Send

from simulator.gateway.service import Head
from simulator.gateway.upstream import HttpUpstream, relay
from simulator.kube.access.identity import ANONYMOUS, Identity
from simulator.kube.api.kubelets import container_log
from simulator.kube.api.logs import container_of
from simulator.kube.status import Object, Refusal, internal

MASTERS = "system:masters"
KUBELET_HOST = "127.0.0.1"
_LOG = re.compile(r"/api/v1/namespaces/(?P<namespace>[^/]+)/pods/(?P<pod>[^/]+)/log")
_SECONDS = 10.0
_CREDENTIALS = (b"authorization", b"host")
_IMPERSONATE = b"impersonate-"


@dataclass(frozen=True, slots=True)
class Cluster:
    """`client` carries the TLS of the cluster at `url` and its certificate, if any; else `token` is shown."""

    url: str
    client: httpx.AsyncClient
    token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"} if self.token else {}


class ClusterUpstream:
    """Forwards each call as the caller it comes from; serves the logs of the rehearsal node's pods itself.

    The API server of a real cluster cannot reach a node that is a process of this machine.
    """

    def __init__(
        self, cluster: Cluster, identities: Mapping[str, Identity], node: str, kubelet: httpx.AsyncClient
    ) -> None:
        """`identities` maps the run's bearer tokens, `kubelet` is a client for the node's logs."""
        self._cluster = cluster
        self._identities = identities
        self._node = node
        self._kubelet = kubelet
        self._forward = HttpUpstream(cluster.url, cluster.client)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = Head.of(scope)
        caller = self._identities.get(head.bearer() or "", ANONYMOUS)
        log = _LOG.fullmatch(head.path)
        if log is not None and head.method == "GET" and MASTERS in caller.groups:
            try:
                response = await self._log(log["namespace"], log["pod"], scope)
            except Refusal as refusal:
                await _refuse(send, refusal)
                return
            if response is not None:
                await relay(response, receive, send)
                return
        await self._forward({**scope, "headers": self._headers(scope, caller)}, receive, send)

    def _headers(self, scope: Scope, caller: Identity) -> list[tuple[bytes, bytes]]:
        """The call's own, without what says who calls; the cluster's credential, and whom it stands for.

        Only who may do everything anyway may act as somebody else.
        """
        admin = MASTERS in caller.groups
        kept = [
            (name, value)
            for name, value in scope["headers"]
            if name not in _CREDENTIALS and (admin or not name.startswith(_IMPERSONATE))
        ]
        own = [(name.encode(), value.encode()) for name, value in self._cluster.headers.items()]
        if admin:
            return [*kept, *own]
        acting = [(b"impersonate-user", caller.user.encode())]
        acting += [(b"impersonate-group", group.encode()) for group in caller.groups]
        return [*kept, *own, *acting]

    async def _log(self, namespace: str, name: str, scope: Scope) -> httpx.Response | None:
        """The answer of the rehearsal node, begun; None for a pod elsewhere.

        Raises Refusal when there is no such container, or the node does not serve its log.
        """
        pod = await self._get(f"/api/v1/namespaces/{namespace}/pods/{name}")
        if pod is None or pod["spec"].get("nodeName") != self._node:
            return None
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        container = container_of(pod, query.pop("container", ""))
        node = await self._get(f"/api/v1/nodes/{self._node}")
        if node is None:
            raise internal(f'nodes "{self._node}" not found')
        port = node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"]
        url = f"http://{KUBELET_HOST}:{port}/containerLogs/{namespace}/{name}/{container}"
        return await container_log(url, query, self._kubelet)

    async def _get(self, path: str) -> Object | None:
        """The object, or None when the cluster does not show it."""
        try:
            answer = await self._cluster.client.get(
                self._cluster.url + path, headers=self._cluster.headers, timeout=_SECONDS
            )
        except httpx.HTTPError as exc:
            raise internal(f"the cluster does not answer: {type(exc).__name__}") from exc
        if answer.status_code != HTTPStatus.OK:
            return None
        found: Any = orjson.loads(answer.content)
        return dict(found)


async def _refuse(send: Send, refusal: Refusal) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": refusal.code, "headers": headers})
    await send({"type": "http.response.body", "body": refusal.encode()})

"""The Kubernetes API: `<verb> <resource>[/subresource]`, bearer tokens, Status objects."""

from collections.abc import Mapping

import orjson

from simulator.gateway.service import Head, Operation, Refused, Reply

ANONYMOUS = "anonymous"
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}
_OF_NAMESPACE = frozenset({"status", "finalize"})
_QUESTIONS = frozenset(
    {
        "selfsubjectaccessreviews",
        "selfsubjectrulesreviews",
        "selfsubjectreviews",
        "subjectaccessreviews",
        "localsubjectaccessreviews",
        "tokenreviews",
    }
)
_REASONS = {
    400: ("BadRequest", "the server rejected our request for an unknown reason"),
    401: ("Unauthorized", "Unauthorized"),
    403: ("Forbidden", "forbidden"),
    404: ("NotFound", "the server could not find the requested resource"),
    409: (
        "Conflict",
        "the object has been modified; please apply your changes to the latest version and try again",
    ),
    410: ("Expired", "The resourceVersion for the provided watch is too old."),
    422: ("Invalid", "the server rejected our request due to an error in our request"),
    429: ("TooManyRequests", "too many requests, please try again later"),
    500: ("InternalError", "an error on the server has prevented the request from succeeding"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    504: ("Timeout", "the request did not complete within the allotted time"),
}


class Kube:
    """Tokens are given with the name of whom they were minted for; a call without one passes as anonymous."""

    name = "kube"

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._tokens = tokens

    def operation(self, head: Head) -> Operation:
        resource, name, subresource = _target(head.path)
        if not resource:
            return Operation(f"{head.method.lower()} {head.path}", mutating=False)
        if (resource, subresource) == ("pods", "log"):
            return Operation("log pods", mutating=False, stream=_true(head, "follow"))
        verb = _verb(head, name)
        changes = verb not in {"get", "list", "watch"} and resource not in _QUESTIONS
        return Operation(
            f"{verb} {resource}" + (f"/{subresource}" if subresource else ""),
            mutating=changes and head.query.get("dryRun") != ["All"],
            stream=verb == "watch",
        )

    def caller(self, head: Head) -> str:
        token = head.bearer()
        if token is None:
            return ANONYMOUS
        if token not in self._tokens:
            raise Refused(self.failure(401, "", ""))
        return self._tokens[token]

    def failure(self, status: int, code: str, message: str) -> Reply:
        reason, usual = _REASONS.get(status, ("", f"the request failed with status {status}"))
        answer = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message or usual,
            "reason": code or reason,
            "code": status,
        }
        return Reply(status, orjson.dumps(answer), {"content-type": "application/json"})

    def throttled(self, retry_after: int) -> Reply:
        reply = self.failure(429, "", "")
        return Reply(reply.status, reply.body, {**reply.headers, "retry-after": str(retry_after)})

    def last_word(self, failure: Reply) -> bytes:
        """The ERROR event with which a watch ends."""
        return b'{"type":"ERROR","object":' + failure.body + b"}\n"


def _target(path: str) -> tuple[str, str, str]:
    """Resource, name and subresource of a path; empty strings for what it does not have."""
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["api"]:
        rest = parts[2:]
    elif parts[:1] == ["apis"]:
        rest = parts[3:]
    else:
        return "", "", ""
    if rest[:1] == ["watch"]:
        rest = rest[1:]
    if rest[:1] == ["namespaces"] and len(rest) > 2 and rest[2] not in _OF_NAMESPACE:  # noqa: PLR2004 - namespaces, its name, the resource
        rest = rest[2:]
    resource, name, *subresource = (*rest, "", "")
    return resource, name, "/".join(part for part in subresource if part)


def _verb(head: Head, name: str) -> str:
    if head.method in _VERBS:
        return _VERBS[head.method]
    if head.method == "DELETE":
        return "delete" if name else "deletecollection"
    if _true(head, "watch") or "/watch/" in head.path:
        return "watch"
    return "get" if name else "list"


def _true(head: Head, parameter: str) -> bool:
    return head.query.get(parameter, ["false"])[-1].lower() in {"true", "1", ""}

"""The calls faults are injected into: what each needs, asks, changes, and answers when it is repeated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from tests.simulator.faults.services import Holdings


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `good` is the status of its success."""

    service: str
    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    good: int = 200


@dataclass(frozen=True, slots=True)
class Operation:
    """`call` and `before` are made for a name of their own.

    `changes` names the one thing a carried out call changes among what the system holds, None for a read;
    `again` is the status, and a word of the answer, of the same call made once more after it was carried out.
    """

    name: str
    call: Callable[[str], Call]
    changes: Callable[[str], str] | None = None
    before: Callable[[str], tuple[Call, ...]] = lambda _name: ()
    again: tuple[int, str] = (200, "")
    stream: bool = False

    @property
    def service(self) -> str:
        return self.name.partition(":")[0]

    @property
    def operation(self) -> str:
        return self.name.partition(":")[2]


def changed(operation: Operation, name: str, before: Holdings, after: Holdings) -> bool:
    """Whether the one thing changed; raises AssertionError when anything else did."""
    key = operation.changes(name) if operation.changes else ""
    others = [{k: v for k, v in held.items() if k != key} for held in (before, after)]
    assert others[0] == others[1], f"{operation.name} changed more than {key}"
    return bool(before.get(key) != after.get(key))


JSON = {"Content-Type": "application/json"}


def _neon(method: str, path: str, body: Any = None, good: int = 200) -> Call:
    content = b"" if body is None else orjson.dumps(body)
    return Call("neon", method, f"/branches/{{branch}}{path}", content, JSON if content else {}, good)


def _role(name: str) -> Call:
    return _neon("POST", "/roles", {"role": {"name": name}}, 201)


def _database(name: str) -> Call:
    return _neon("POST", "/databases", {"database": {"name": name, "owner_name": "neondb_owner"}}, 201)


_NEON = (
    Operation("neon:createProjectBranchRole", _role, "role {}".format, again=(409, "already exists")),
    Operation(
        "neon:createProjectBranchDatabase", _database, "database {}".format, again=(409, "already exists")
    ),
    Operation(
        "neon:resetProjectBranchRolePassword",
        lambda name: _neon("POST", f"/roles/{name}/reset_password"),
        "role {}".format,
        lambda name: (_role(name),),
    ),
    Operation(
        "neon:updateProjectBranchDatabase",
        lambda name: _neon("PATCH", f"/databases/{name}", {"database": {"owner_name": f"{name}_o"}}),
        "database {}".format,
        lambda name: (_role(f"{name}_o"), _database(name)),
    ),
    Operation(
        "neon:deleteProjectBranchRole",
        lambda name: _neon("DELETE", f"/roles/{name}"),
        "role {}".format,
        lambda name: (_role(name),),
        again=(204, ""),
    ),
    Operation(
        "neon:deleteProjectBranchDatabase",
        lambda name: _neon("DELETE", f"/databases/{name}"),
        "database {}".format,
        lambda name: (_database(name),),
        again=(204, ""),
    ),
    Operation(
        "neon:getProjectBranchRolePassword", lambda _: _neon("GET", "/roles/neondb_owner/reveal_password")
    ),
    Operation("neon:listProjectBranchDatabases", lambda _: _neon("GET", "/databases")),
)


def _ssm(action: str, **body: Any) -> Call:
    headers = {"X-Amz-Target": f"AmazonSSM.{action}", "Content-Type": "application/x-amz-json-1.1"}
    return Call("ssm", "POST", "/", orjson.dumps(body), headers)


def _put(name: str, value: str = "first", **more: Any) -> Call:
    return _ssm("PutParameter", Name=f"/f/{name}", Value=value, Type="SecureString", **more)


_SSM = (
    Operation("ssm:PutParameter", _put, "/f/{}".format, again=(400, "ParameterAlreadyExists")),
    Operation(
        "ssm:PutParameter",
        lambda name: _put(name, "second", Overwrite=True),
        "/f/{}".format,
        lambda name: (_put(name),),
        again=(200, '"Version": 3'),
    ),
    Operation(
        "ssm:DeleteParameter",
        lambda name: _ssm("DeleteParameter", Name=f"/f/{name}"),
        "/f/{}".format,
        lambda name: (_put(name),),
        again=(400, "ParameterNotFound"),
    ),
    Operation(
        "ssm:DeleteParameters",
        lambda name: _ssm("DeleteParameters", Names=[f"/f/{name}"]),
        "/f/{}".format,
        lambda name: (_put(name),),
        again=(200, "InvalidParameters"),
    ),
    Operation(
        "ssm:AddTagsToResource",
        lambda name: _ssm(
            "AddTagsToResource",
            ResourceType="Parameter",
            ResourceId=f"/f/{name}",
            Tags=[{"Key": "tenant", "Value": "x"}],
        ),
        "/f/{}".format,
        lambda name: (_put(name),),
    ),
    Operation(
        "ssm:GetParameter",
        lambda name: _ssm("GetParameter", Name=f"/f/{name}", WithDecryption=True),
        before=lambda name: (_put(name),),
        again=(200, "first"),
    ),
    Operation("ssm:DescribeParameters", lambda _: _ssm("DescribeParameters", MaxResults=50)),
)


_WHERE = (
    b"<CreateBucketConfiguration><LocationConstraint>ap-south-1</LocationConstraint>"
    b"</CreateBucketConfiguration>"
)


def _bucket(name: str) -> Call:
    return Call("s3", "PUT", f"/b{name}", _WHERE)


def _object(name: str, method: str = "PUT", good: int = 200) -> Call:
    return Call("s3", method, f"/b{name}/key", b"content" if method == "PUT" else b"", good=good)


_S3 = (
    Operation("s3:CreateBucket", _bucket, "b{}".format, again=(409, "BucketAlreadyOwnedByYou")),
    Operation("s3:PutObject", _object, "b{}".format, lambda name: (_bucket(name),)),
    Operation(
        "s3:DeleteObject",
        lambda name: _object(name, "DELETE", 204),
        "b{}".format,
        lambda name: (_bucket(name), _object(name)),
        again=(204, ""),
    ),
    Operation(
        "s3:DeleteBucket",
        lambda name: Call("s3", "DELETE", f"/b{name}", good=204),
        "b{}".format,
        lambda name: (_bucket(name),),
        again=(404, "NoSuchBucket"),
    ),
    Operation(
        "s3:GetObject",
        lambda name: _object(name, "GET"),
        before=lambda name: (_bucket(name), _object(name)),
        again=(200, "content"),
    ),
    Operation("s3:ListBuckets", lambda _: Call("s3", "GET", "/")),
)
_MAPS = "/api/v1/namespaces/default/configmaps"


def _map(name: str, data: str = "first") -> bytes:
    return orjson.dumps(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"key": data}}
    )


def _create(name: str) -> Call:
    return Call("kube", "POST", _MAPS, _map(name), JSON, 201)


def _namespace(name: str) -> Call:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    return Call("kube", "POST", "/api/v1/namespaces", orjson.dumps(body), JSON, 201)


_MERGE = {"Content-Type": "application/merge-patch+json"}
_KUBE = (
    Operation(
        "kube:create configmaps", _create, "configmaps default/{}".format, again=(409, "AlreadyExists")
    ),
    Operation(
        "kube:update configmaps",
        lambda name: Call("kube", "PUT", f"{_MAPS}/{name}", _map(name, "second"), JSON),
        "configmaps default/{}".format,
        lambda name: (_create(name),),
        again=(200, "second"),
    ),
    Operation(
        "kube:patch configmaps",
        lambda name: Call("kube", "PATCH", f"{_MAPS}/{name}", b'{"data":{"key":"second"}}', _MERGE),
        "configmaps default/{}".format,
        lambda name: (_create(name),),
        again=(200, "second"),
    ),
    Operation(
        "kube:delete configmaps",
        lambda name: Call("kube", "DELETE", f"{_MAPS}/{name}"),
        "configmaps default/{}".format,
        lambda name: (_create(name),),
        again=(404, "NotFound"),
    ),
    Operation(
        "kube:get configmaps",
        lambda name: Call("kube", "GET", f"{_MAPS}/{name}"),
        before=lambda name: (_create(name),),
        again=(200, "first"),
    ),
    Operation("kube:list configmaps", lambda _: Call("kube", "GET", _MAPS)),
    Operation(
        "kube:watch configmaps",
        lambda _: Call("kube", "GET", f"{_MAPS}?watch=true&timeoutSeconds=20"),
        stream=True,
    ),
)
OPERATIONS = (*_NEON, *_SSM, *_S3, *_KUBE)


def placed(call: Call, branch: str) -> Call:
    """The call on the branch there is."""
    return replace(call, path=call.path.replace("{branch}", branch))

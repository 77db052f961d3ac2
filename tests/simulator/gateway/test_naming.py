"""Every call has a name in the terms of its API, and says whether it changes state."""

import json
import re

import pytest

from simulator.gateway.kube import Kube
from simulator.gateway.neon import BASE, Neon
from simulator.gateway.s3 import S3
from simulator.gateway.service import Head, Operation, Service
from simulator.gateway.ssm import Ssm
from simulator.neon.routes import TABLE
from tests.simulator.neon.schema import DOCUMENT, MISSING, judge


def _named(service: Service, method: str, url: str, headers: dict[str, str]) -> Operation:
    path, _, query = url.partition("?")
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return service.operation(
        Head.of({"method": method, "path": path, "query_string": query.encode(), "headers": raw})
    )


@pytest.mark.parametrize(
    ("call", "name", "mutating"),
    [
        ("GET /api/v2/auth", "getAuthDetails", False),
        ("GET /api/v2/projects?limit=400", "listProjects", False),
        ("GET /api/v2/projects/shared", "listSharedProjects", False),
        ("GET /api/v2/projects/shiny-wind-028834", "getProject", False),
        ("GET /api/v2/projects/p/branches/count", "countProjectBranches", False),
        ("GET /api/v2/projects/p/branches/br-a", "getProjectBranch", False),
        ("POST /api/v2/projects/p/branches/br-a/roles", "createProjectBranchRole", True),
        ("GET /api/v2/projects/p/branches/b/roles/r/reveal_password", "getProjectBranchRolePassword", False),
        ("POST /api/v2/projects/p/branches/b/roles/r/reset_password", "resetProjectBranchRolePassword", True),
        ("POST /api/v2/projects/p/branches/br-a/databases", "createProjectBranchDatabase", True),
        ("GET /api/v2/projects/p/connection_uri?role_name=r", "getConnectionURI", False),
        ("POST /api/v2/projects/p/endpoints/ep-a/suspend", "suspendProjectEndpoint", True),
        ("POST /api/v2/projects/p/databases", "POST /projects/p/databases", True),
    ],
)
def test_neon_calls_are_named_by_operation_id(call: str, name: str, mutating: bool) -> None:
    method, url = call.split()
    assert _named(Neon({}), method, url, {}) == Operation(name, mutating)


@pytest.mark.parametrize(
    ("call", "name", "mutating", "stream"),
    [
        ("GET /api/v1/pods", "list pods", False, False),
        ("GET /api/v1/namespaces", "list namespaces", False, False),
        ("GET /api/v1/namespaces/dev", "get namespaces", False, False),
        ("PUT /api/v1/namespaces/dev/finalize", "update namespaces/finalize", True, False),
        ("GET /api/v1/namespaces/dev/pods/a", "get pods", False, False),
        ("GET /api/v1/namespaces/dev/pods/a/log", "log pods", False, False),
        ("GET /api/v1/namespaces/dev/pods/a/log?follow=true", "log pods", False, True),
        ("GET /apis/argoproj.io/v1alpha1/applications?watch=true", "watch applications", False, True),
        ("GET /api/v1/watch/namespaces/dev/pods", "watch pods", False, True),
        ("POST /api/v1/namespaces/dev/secrets", "create secrets", True, False),
        ("POST /api/v1/namespaces/dev/secrets?dryRun=All", "create secrets", False, False),
        ("PATCH /apis/apps/v1/namespaces/dev/deployments/a/status", "patch deployments/status", True, False),
        ("DELETE /api/v1/namespaces/dev/pods/a", "delete pods", True, False),
        ("DELETE /api/v1/namespaces/dev/pods", "deletecollection pods", True, False),
        ("POST /apis/authentication.k8s.io/v1/tokenreviews", "create tokenreviews", False, False),
        ("GET /readyz", "get /readyz", False, False),
        ("GET /apis", "get /apis", False, False),
        ("GET /apis/apps/v1", "get /apis/apps/v1", False, False),
    ],
)
def test_kubernetes_calls_are_named_by_verb_and_resource(
    call: str, name: str, mutating: bool, stream: bool
) -> None:
    method, url = call.split()
    assert _named(Kube({}), method, url, {}) == Operation(name, mutating, stream)


@pytest.mark.parametrize(
    ("action", "mutating"),
    [
        ("PutParameter", True),
        ("DeleteParameters", True),
        ("AddTagsToResource", True),
        ("LabelParameterVersion", True),
        ("GetParametersByPath", False),
        ("DescribeParameters", False),
        ("ListTagsForResource", False),
    ],
)
def test_parameter_store_calls_are_named_by_their_target(action: str, mutating: bool) -> None:
    assert _named(Ssm({}), "POST", "/", {"x-amz-target": f"AmazonSSM.{action}"}) == Operation(
        action, mutating
    )


@pytest.mark.parametrize(
    ("call", "name", "mutating"),
    [
        ("GET /", "ListBuckets", False),
        ("HEAD /files", "HeadBucket", False),
        ("PUT /files", "CreateBucket", True),
        ("GET /files?versioning", "GetBucketVersioning", False),
        ("PUT /files?versioning", "PutBucketVersioning", True),
        ("PUT /files?publicAccessBlock", "PutPublicAccessBlock", True),
        ("GET /files?list-type=2&prefix=a", "ListObjectsV2", False),
        ("POST /files?delete", "DeleteObjects", True),
        ("PUT /files/a/b", "PutObject", True),
        ("HEAD /files/a/b", "HeadObject", False),
        ("POST /files/a?uploads", "CreateMultipartUpload", True),
        ("PUT /files/a?partNumber=1&uploadId=u", "UploadPart", True),
        ("GET /files/a?tagging", "GetObjectTagging", False),
        ("GET /files?object-lock", "GetObjectLockConfiguration", False),
        ("GET /files?policyStatus", "GetBucketPolicyStatus", False),
        ("POST /files/a?restore", "RestoreObject", True),
        ("POST /files/a?uploadId=u", "CompleteMultipartUpload", True),
    ],
)
def test_object_storage_calls_are_named_by_method_and_shape(call: str, name: str, mutating: bool) -> None:
    method, url = call.split()
    assert _named(S3({}), method, url, {}) == Operation(name, mutating)


def test_a_copy_is_told_from_an_upload_by_its_header() -> None:
    named = _named(S3({}), "PUT", "/files/a", {"x-amz-copy-source": "/files/b"})
    assert named == Operation("CopyObject", mutating=True)


def test_every_call_neon_answers_has_a_name() -> None:
    for method, path, _ in TABLE:
        name = _named(Neon({}), method, BASE + re.sub(r"\{\w+\}", "x", path), {}).name
        assert re.fullmatch(r"[a-z][A-Za-z0-9]+", name), (method, path, name)


def test_neon_operation_ids_look_like_the_published_ones() -> None:
    for method, path in [("GET", "/projects/p/endpoints"), ("PATCH", "/projects/p/endpoints/e")]:
        assert re.fullmatch(r"[a-z][A-Za-z]+", _named(Neon({}), method, f"/api/v2{path}", {}).name)


@pytest.mark.skipif(not DOCUMENT.exists(), reason=MISSING)
@pytest.mark.parametrize("status", [401, 403, 404, 423, 429, 500, 503])
def test_what_the_gateway_answers_for_neon_is_an_error_as_its_document_has_it(status: int) -> None:
    found = judge()
    assert found is not None
    service = Neon({})
    for reply in (service.failure(status, "", ""), service.throttled(3)):
        kind = reply.headers["content-type"]
        assert not found.breaches("GET", "/projects", reply.status, kind, json.loads(reply.body))

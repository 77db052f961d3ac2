"""S3 and Hetzner's storage as boto3 meets them: buckets, objects, addresses that carry a signature, "
"errors.
"""

from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from botocore.exceptions import ClientError

from simulator.ssm.access.policy import EVERYTHING, parse
from simulator.ssm.access.principals import Credential, Principal
from simulator.ssm.objects.buckets import LONGEST_KEY
from tests.manifests.rendering import MANIFESTS
from tests.simulator.ssm.background import Background
from tests.simulator.ssm.storages import FSN1, HETZNER, S3, Storage
from tests.simulator.ssm.stores import ARN, KEY_ID, REGION, SECRET, Server, now, refused, unique


@pytest.fixture(scope="module")
def background() -> Iterator[Background]:
    with Background() as running:
        yield running


@pytest.fixture(scope="module")
def s3(background: Background, moto: Server) -> Storage:
    return Storage(background, moto.url, S3)


@pytest.fixture(scope="module")
def hetzner(background: Background, moto: Server) -> Storage:
    return Storage(background, moto.url, HETZNER)


@pytest.fixture(scope="module")
def aws(s3: Storage) -> Iterator[Any]:
    client = s3.client()
    yield client
    client.close()


@pytest.fixture(scope="module")
def ceph(hetzner: Storage) -> Iterator[Any]:
    client = hetzner.client()
    yield client
    client.close()


@pytest.fixture
def bucket() -> str:
    return unique("bucket").removeprefix("/")


def make(client: Any, bucket: str, place: str = "") -> Any:
    region = place or client.meta.region_name
    return client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})


@pytest.fixture(params=["aws", "ceph"])
def either(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_a_bucket_is_made_found_listed_emptied_and_removed(either: Any, bucket: str) -> None:
    assert refused(either.head_bucket, Bucket=bucket)[0] == "404"
    assert make(either, bucket)["Location"] == f"/{bucket}"
    assert either.head_bucket(Bucket=bucket)["BucketRegion"] == either.meta.region_name
    assert either.get_bucket_location(Bucket=bucket)["LocationConstraint"] == either.meta.region_name
    assert bucket in [each["Name"] for each in either.list_buckets()["Buckets"]]
    either.put_object(Bucket=bucket, Key="a b/ü?#.txt", Body=b"content", ContentType="text/plain")
    code, message = refused(either.delete_bucket, Bucket=bucket)
    assert (code, message) == ("BucketNotEmpty", "The bucket you tried to delete is not empty")
    either.delete_object(Bucket=bucket, Key="a b/ü?#.txt")
    either.delete_bucket(Bucket=bucket)
    assert refused(either.delete_bucket, Bucket=bucket) == (
        "NoSuchBucket",
        "The specified bucket does not exist",
    )


def test_objects_are_kept_listed_page_by_page_tagged_copied_and_removed(either: Any, bucket: str) -> None:
    make(either, bucket)
    keys = [f"below/{number:02} ü" for number in range(7)]
    for key in keys:
        either.put_object(Bucket=bucket, Key=key, Body=key.encode(), Metadata={"team": "platform"})
    pages = either.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix="below/", PaginationConfig={"PageSize": 3}
    )
    listed = [(page["Name"], each["Key"]) for page in pages for each in page["Contents"]]
    assert listed == [(bucket, key) for key in keys]
    found = either.get_object(Bucket=bucket, Key=keys[0])
    assert (found["Body"].read(), found["Metadata"]) == (keys[0].encode(), {"team": "platform"})
    assert either.head_object(Bucket=bucket, Key=keys[0])["ContentLength"] == len(keys[0].encode())
    assert either.get_object(Bucket=bucket, Key=keys[0], Range="bytes=0-4")["Body"].read() == b"below"
    either.put_object_tagging(Bucket=bucket, Key=keys[0], Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert either.get_object_tagging(Bucket=bucket, Key=keys[0])["TagSet"] == [{"Key": "a", "Value": "b"}]
    either.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": keys[1]})
    assert either.get_object(Bucket=bucket, Key="copy")["Body"].read() == keys[1].encode()
    deleted = either.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": key} for key in [*keys, "copy"]]}
    )
    assert len(deleted["Deleted"]) == 8
    assert refused(either.get_object, Bucket=bucket, Key="copy") == (
        "NoSuchKey",
        "The specified key does not exist.",
    )
    assert refused(either.head_object, Bucket=bucket, Key="copy")[0] == "404"
    either.delete_bucket(Bucket=bucket)


def test_an_upload_in_parts_is_one_object(either: Any, bucket: str) -> None:
    make(either, bucket)
    part = b"x" * (5 << 20)
    upload = either.create_multipart_upload(Bucket=bucket, Key="big")
    assert upload["Bucket"] == bucket
    named = {"Bucket": bucket, "Key": "big", "UploadId": upload["UploadId"]}
    tags = [
        {"PartNumber": number, "ETag": either.upload_part(**named, PartNumber=number, Body=body)["ETag"]}
        for number, body in ((1, part), (2, b"end"))
    ]
    done = either.complete_multipart_upload(**named, MultipartUpload={"Parts": tags})
    assert done["Bucket"] == bucket
    assert either.head_object(Bucket=bucket, Key="big")["ContentLength"] == len(part) + 3


def test_the_same_name_is_another_bucket_elsewhere(aws: Any, ceph: Any, bucket: str) -> None:
    make(aws, bucket)
    assert refused(ceph.head_bucket, Bucket=bucket)[0] == "404"
    make(ceph, bucket)
    aws.put_object(Bucket=bucket, Key="k", Body=b"aws")
    assert refused(ceph.get_object, Bucket=bucket, Key="k")[0] == "NoSuchKey"
    ceph.put_object(Bucket=bucket, Key="k", Body=b"hetzner")
    assert aws.get_object(Bucket=bucket, Key="k")["Body"].read() == b"aws"
    hidden = [each["Name"] for client in (aws, ceph) for each in client.list_buckets()["Buckets"]]
    assert not [name for name in hidden if name.startswith("ceph-")]


@pytest.mark.parametrize("storage", ["s3", "hetzner"])
def test_an_address_that_carries_a_signature_opens_one_object(
    storage: str, bucket: str, request: pytest.FixtureRequest
) -> None:
    client = request.getfixturevalue(storage).client()
    make(client, bucket)
    at = {"Bucket": bucket, "Key": "a b/ü.txt"}
    put = client.generate_presigned_url("put_object", Params=at, ExpiresIn=60)
    get = client.generate_presigned_url("get_object", Params=at, ExpiresIn=60)
    past = client.generate_presigned_url("get_object", Params=at, ExpiresIn=0)
    client.close()
    with httpx.Client(trust_env=False) as http:
        assert http.put(put, content=b"content").status_code == 200
        assert http.get(get).text == "content"
        assert error(http.put(get, content=b"other")) == (403, "SignatureDoesNotMatch")
        assert error(http.get(get.replace("%C3%BC", "%C3%A4"))) == (403, "SignatureDoesNotMatch")
        assert error(http.get(past)) == (403, "AccessDenied")
        assert error(http.get(put.partition("?")[0])) == (403, "AccessDenied")
        assert error(http.get(f"{get}&AWSAccessKeyId=x")) == (400, "InvalidRequest")


def error(response: httpx.Response) -> tuple[int, str]:
    """Status and code; every error is XML with an id by which it could be asked about."""
    assert response.headers["content-type"] == "application/xml"
    assert response.headers["x-amz-request-id"]
    document = ET.fromstring(response.text)  # noqa: S314 - made by the service under test
    assert document.tag == "Error"
    assert document.findtext("RequestId") == response.headers["x-amz-request-id"]
    return response.status_code, document.findtext("Code") or ""


def test_a_bucket_of_aws_is_private_and_knows_no_acls(aws: Any, ceph: Any, bucket: str) -> None:
    make(aws, bucket)
    block = aws.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    rules = aws.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    opened = dict.fromkeys(block, False)
    aws.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=opened)
    assert aws.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == opened
    make(ceph, bucket)
    assert refused(ceph.get_public_access_block, Bucket=bucket)[0] == "NoSuchPublicAccessBlockConfiguration"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ab", "InvalidBucketName"),
        ("Upper", "InvalidBucketName"),
        ("a..b", "InvalidBucketName"),
        ("10.0.0.1", "InvalidBucketName"),
        ("xn--bucket", "InvalidBucketName"),
        ("bucket-s3alias", "InvalidBucketName"),
        ("x" * 64, "InvalidBucketName"),
    ],
)
def test_what_is_no_name_of_a_bucket_is_refused(either: Any, name: str, code: str) -> None:
    either.meta.events.unregister("before-parameter-build.s3", _unchecked)
    with pytest.raises(ClientError) as caught:
        make(either, name)
    assert caught.value.response["Error"]["Code"] == code


def _unchecked(**_: Any) -> None: ...


def test_a_bucket_is_made_where_the_endpoint_is(aws: Any, ceph: Any, bucket: str) -> None:
    said = "location constraint is incompatible for the region specific endpoint this request was sent to."
    for arguments in ({}, {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}):
        code, message = refused(aws.create_bucket, Bucket=bucket, **arguments)
        assert (code, said in message) == ("IllegalLocationConstraintException", True)
    nuremberg = {"CreateBucketConfiguration": {"LocationConstraint": "nbg1"}}
    assert refused(ceph.create_bucket, Bucket=bucket, **nuremberg)[0] == "InvalidLocationConstraint"
    ceph.create_bucket(Bucket=bucket)
    assert ceph.get_bucket_location(Bucket=bucket)["LocationConstraint"] == FSN1


def test_a_name_that_is_taken_is_a_conflict(aws: Any, ceph: Any, bucket: str) -> None:
    for client, code in ((aws, "BucketAlreadyOwnedByYou"), (ceph, "BucketAlreadyExists")):
        make(client, bucket)
        with pytest.raises(ClientError) as caught:
            make(client, bucket)
        answer = caught.value.response
        assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, 409)


def test_credentials_are_told_apart(
    s3: Storage, hetzner: Storage, background: Background, moto: Server
) -> None:
    ended = Credential(SECRET, Principal(ARN, (EVERYTHING,), expires_at=now() - timedelta(seconds=1)))
    old = Storage(background, moto.url, S3, {KEY_ID: ended})
    cases = (
        (s3.client(key_id="LKIANOBODY"), "InvalidAccessKeyId"),
        (s3.client(secret="another"), "SignatureDoesNotMatch"),
        (s3.client(region="eu-west-1"), "AuthorizationHeaderMalformed"),
        (hetzner.client(secret="another"), "SignatureDoesNotMatch"),
        (old.client(), "ExpiredToken"),
    )
    for client, code in cases:
        assert refused(client.list_buckets)[0] == code
        client.close()
    anywhere = hetzner.client(region="us-east-1")
    anywhere.list_buckets()
    anywhere.close()


def test_the_policy_for_storage_makes_and_finds_buckets_and_no_more(
    background: Background, moto: Server, bucket: str
) -> None:
    policy = parse((MANIFESTS / "iam" / "storage.json").read_text())
    client = Storage(
        background, moto.url, S3, {KEY_ID: Credential(SECRET, Principal(ARN, (policy,)))}
    ).client()
    make(client, bucket)
    client.head_bucket(Bucket=bucket)
    assert refused(client.put_object, Bucket=bucket, Key="k", Body=b"x") == (
        "AccessDenied",
        (
            f'User: {ARN} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::{bucket}/k" '
            "because "
            "no identity-based policy allows the s3:PutObject action"
        ),
    )
    denied: tuple[tuple[Any, dict[str, Any]], ...] = (
        (client.delete_bucket, {"Bucket": bucket}),
        (client.list_buckets, {}),
        (client.get_object, {"Bucket": bucket, "Key": "k"}),
        (client.copy_object, {"Bucket": bucket, "Key": "k", "CopySource": {"Bucket": bucket, "Key": "j"}}),
        (client.delete_objects, {"Bucket": bucket, "Delete": {"Objects": [{"Key": "k"}]}}),
        (client.put_public_access_block, {"Bucket": bucket, "PublicAccessBlockConfiguration": {}}),
    )
    for call, arguments in denied:
        assert refused(call, **arguments)[0] == "AccessDenied"
    client.close()


def test_a_bucket_before_the_name_of_the_host_is_the_same_bucket(
    hetzner: Storage, ceph: Any, bucket: str
) -> None:
    make(ceph, bucket)
    port = hetzner.url.rpartition(":")[2]
    named = hetzner.client(style="virtual", url=f"http://localhost:{port}")
    address = named.generate_presigned_url(
        "put_object", Params={"Bucket": bucket, "Key": "k/l"}, ExpiresIn=60
    )
    named.close()
    assert address.startswith(f"http://{bucket}.localhost:{port}/k/l?")
    direct = address.replace(f"{bucket}.localhost", "127.0.0.1")
    with httpx.Client(trust_env=False) as http:
        assert (
            http.put(direct, content=b"x", headers={"Host": f"{bucket}.localhost:{port}"}).status_code == 200
        )
    assert ceph.get_object(Bucket=bucket, Key="k/l")["Body"].read() == b"x"


def test_bad_input_gets_an_envelope_of_xml(aws: Any, bucket: str) -> None:
    make(aws, bucket)
    at = {"Bucket": bucket, "Key": "k"}
    cases = (
        ("put_bucket_tagging", {"Bucket": bucket}, b"<Tagging><TagSet>", (400, "MalformedXML")),
        ("put_bucket_tagging", {"Bucket": bucket}, b"{}", (400, "MalformedXML")),
        (
            "put_bucket_tagging",
            {"Bucket": bucket},
            b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
            (400, "MalformedXML"),
        ),
        (
            "put_bucket_tagging",
            {"Bucket": bucket},
            b"<Tagging/>" + b" " * (1 << 20),
            (400, "MaxMessageLengthExceeded"),
        ),
        ("create_bucket", {"Bucket": unique("b").removeprefix("/")}, b"<Wrong/>", (400, "MalformedXML")),
        ("put_object", {**at, "Key": "k" * (LONGEST_KEY + 1)}, b"x", (400, "KeyTooLongError")),
        ("put_bucket_metrics_configuration", {"Bucket": bucket, "Id": "x"}, b"<a/>", (501, "NotImplemented")),
        ("put_bucket_website", {"Bucket": bucket}, b"<a/>", (501, "NotImplemented")),
        ("put_bucket_notification_configuration", {"Bucket": bucket}, b"<a/>", (501, "NotImplemented")),
    )
    with httpx.Client(trust_env=False) as http:
        for operation, arguments, body, wanted in cases:
            address = aws.generate_presigned_url(operation, Params=arguments, ExpiresIn=60)
            assert error(http.put(address, content=body)) == wanted, operation


def test_an_object_too_large_is_refused_by_its_announcement(s3: Storage, aws: Any, bucket: str) -> None:
    make(aws, bucket)
    address = aws.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=60)
    connection = HTTPConnection(s3.url.removeprefix("http://"), timeout=30)
    connection.putrequest("PUT", address.removeprefix(s3.url))
    connection.putheader("Content-Length", str(6 << 30))
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, b"<Code>EntityTooLarge</Code>" in response.read()) == (400, True)
    assert response.getheader("connection") == "close"
    connection.close()


def test_a_server_behind_that_ends_is_unavailable_and_comes_back_empty(
    background: Background, moto: Server, bucket: str
) -> None:
    storage = Storage(background, moto.url, HETZNER)
    client = storage.client()
    make(client, bucket)
    storage.app.behind(False)
    assert refused(client.list_buckets)[0] == "ServiceUnavailable"
    storage.app.behind(True)
    assert client.list_buckets()["Buckets"] == []
    client.close()


def test_region_of_the_signature_is_named_by_aws_alone(s3: Storage) -> None:
    client = s3.client(region="eu-west-1")
    with pytest.raises(ClientError) as caught:
        client.list_buckets()
    assert caught.value.response["Error"]["Region"] == REGION
    client.close()

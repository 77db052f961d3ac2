"""Every answer has the shape botocore's own model of the service says it has."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from botocore.session import Session

from tests.simulator.ssm.stores import Store, unique
from tests.simulator.ssm.test_wire import send

KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "timestamp": (int, float),
}
MODEL = Session().get_service_model("ssm")


def faults(shape: Any, value: Any, place: str) -> Iterator[str]:
    """What of a JSON value is not as its shape says."""
    if shape.type_name == "structure":
        yield from (f"{place}.{name} is not known" for name in value.keys() - shape.members.keys())
        for name, member in shape.members.items():
            if name in value:
                yield from faults(member, value[name], f"{place}.{name}")
    elif shape.type_name == "list":
        for each in value:
            yield from faults(shape.member, each, f"{place}[]")
    else:
        if not isinstance(value, KINDS[shape.type_name]):
            yield f"{place} is {type(value).__name__}"
        if shape.enum if hasattr(shape, "enum") else ():
            yield from () if value in shape.enum else (f"{place} is {value}",)


@pytest.fixture
def name(ssm: Any) -> str:
    made = f"{unique('shape')}/key"
    arguments = {
        "Tier": "Advanced",
        "Description": "d",
        "AllowedPattern": ".*",
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    ssm.put_parameter(Name=made, Value="v", Type="SecureString", **arguments)
    ssm.label_parameter_version(Name=made, Labels=["x"])
    return made


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("PutParameter", '{"Name":"$","Value":"w","Overwrite":true}'),
        ("GetParameter", '{"Name":"$:x"}'),
        ("GetParameters", '{"Names":["$","/none"],"WithDecryption":true}'),
        ("GetParametersByPath", '{"Path":"/","Recursive":true,"MaxResults":1}'),
        ("DescribeParameters", '{"ParameterFilters":[{"Key":"Name","Values":["$"]}]}'),
        ("GetParameterHistory", '{"Name":"$"}'),
        ("LabelParameterVersion", '{"Name":"$","Labels":["y","1"]}'),
        ("UnlabelParameterVersion", '{"Name":"$","ParameterVersion":1,"Labels":["x","z"]}'),
        ("ListTagsForResource", '{"ResourceType":"Parameter","ResourceId":"$"}'),
        (
            "AddTagsToResource",
            '{"ResourceType":"Parameter","ResourceId":"$","Tags":[{"Key":"c","Value":""}]}',
        ),
        ("RemoveTagsFromResource", '{"ResourceType":"Parameter","ResourceId":"$","TagKeys":["c"]}'),
        ("DeleteParameters", '{"Names":["$","/none"]}'),
        ("DeleteParameter", '{"Name":"$"}'),
    ],
)
def test_an_answer_is_what_the_model_says(store: Store, name: str, operation: str, body: str) -> None:
    with httpx.Client(trust_env=False) as http:
        response = send(http, store, body.replace("$", name).encode(), target=f"AmazonSSM.{operation}")
    assert response.status_code == 200
    shape = MODEL.operation_model(operation).output_shape
    assert list(faults(shape, response.json(), operation)) == []


def test_every_error_an_operation_may_raise_is_one_of_the_model_or_common_to_all() -> None:
    known = {shape.name for shape in MODEL.error_shapes}
    assert {
        "ParameterNotFound",
        "InvalidKeyId",
        "HierarchyTypeMismatchException",
        "TooManyTagsError",
    } <= known

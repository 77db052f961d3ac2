"""The rules and moto say the same wherever moto is right, and what AWS says where it is known to be wrong."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulator.ssm.differences import AGREED, DIFFERENT, Case
from tests.simulator.ssm.stores import Server, client, unique

_OWN = {"LastModifiedDate", "LastModifiedUser", "ARN", "KeyId", "ResponseMetadata", "Policies"}
_VALUELESS = {"describe_parameters"}


@pytest.fixture(scope="module")
def plain_moto(moto: Server) -> Iterator[Any]:
    made = client(moto.url)
    yield made
    made.close()


def outcome(ssm: Any, case: Case, path: str) -> Any:
    """What the last step came to, in terms that do not depend on the time, the caller or the path."""
    result: Any = None
    for operation, arguments in case.steps:
        filled = json.loads(json.dumps(arguments).replace("$", path))
        given = {name: value for name, value in filled.items() if value is not None}
        try:
            result = _plain(getattr(ssm, operation)(**given), operation)
        except ClientError as error:
            result = (error.response["Error"]["Code"], error.response["Error"].get("Message", "").rstrip("."))
    return _unfilled(result, path)


def _plain(answer: Any, operation: str) -> Any:
    """Without what differs by nature; lists of parameters in the order of their names and versions."""
    if isinstance(answer, dict):
        left_out = _OWN | (
            {"Value"} if operation in _VALUELESS else {"Tier"} if operation.startswith("get_") else set()
        )
        return {name: _plain(value, operation) for name, value in answer.items() if name not in left_out}
    if isinstance(answer, list):
        return sorted(
            (_plain(each, operation) for each in answer), key=lambda each: json.dumps(each, sort_keys=True)
        )
    return answer


def _unfilled(result: Any, path: str) -> Any:
    text = json.dumps(result).replace(path, "$")
    back = json.loads(text)
    return tuple(back) if isinstance(result, tuple) else back


@pytest.mark.parametrize("case", AGREED, ids=lambda case: case.id)
def test_both_say_the_same(ssm: Any, plain_moto: Any, case: Case) -> None:
    assert _selected(outcome(ssm, case, unique())) == outcome(plain_moto, case, unique())


def _selected(result: Any) -> Any:
    """Without the selectors moto never tells."""
    text = re.sub(r', "Selector": "[^"]*"|"Selector": "[^"]*", ', "", json.dumps(result))
    return tuple(json.loads(text)) if isinstance(result, tuple) else json.loads(text)


@pytest.mark.parametrize("case", DIFFERENT, ids=lambda case: case.id)
def test_where_moto_is_wrong_the_answer_is_aws(ssm: Any, plain_moto: Any, case: Case) -> None:
    said = outcome(ssm, case, unique())
    assert case.source
    if isinstance(case.aws, tuple):
        code, message = case.aws
        assert said[0] == code
        assert said[1].startswith(message.rstrip("."))
    else:
        assert said == case.aws
    try:
        moto = outcome(plain_moto, case, unique())
    except (ClientError, ValueError):
        return
    assert moto != said

"""Which values an ExternalSecret asks for, from a store that holds a few parameters."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from simulator.controllers.external_secrets.data import DataError, fetch
from simulator.controllers.external_secrets.kinds import OLD, Dialect
from simulator.controllers.external_secrets.parameters import NoSuchParameter
from simulator.controllers.external_secrets.store import serves
from simulator.controllers.kinds import Object


@dataclass(frozen=True)
class Held:
    """A store of plain values."""

    values: Mapping[str, str]
    tagged: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    async def get(self, name: str) -> str:
        if name not in self.values:
            raise NoSuchParameter
        return self.values[name]

    async def tags(self, name: str) -> dict[str, str]:
        return dict(self.tagged.get(name, {}))

    async def find(self, path: str, pattern: str, tags: Mapping[str, str]) -> dict[str, str]:
        return {
            name: value
            for name, value in self.values.items()
            if name.startswith(path)
            and re.search(pattern, name)
            and tags.items() <= dict(self.tagged.get(name, {})).items()
        }


STORE = Held(
    {"/z/dev/a": "1", "/z/dev/b": "2", "/other": "3", "/json": json.dumps({"a b": "x"}), "/encoded": "eA=="},
    {"/z/dev/b": {"team": "core"}},
)
UPPER = '{{ .value | replace " " "_" | upper }}'


def one(key: str, **reference: str) -> Object:
    return {"data": [{"secretKey": "K", "remoteRef": {"key": key, **reference}}]}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(
            {"dataFrom": [{"find": {"path": "/z/dev", "name": {"regexp": "[ab]$"}}}]},
            {"_z_dev_a": "1", "_z_dev_b": "2"},
            id="find by name",
        ),
        pytest.param(
            {"dataFrom": [{"find": {"tags": {"team": "core"}}}]}, {"_z_dev_b": "2"}, id="find by tags"
        ),
        pytest.param(
            {
                "dataFrom": [
                    {
                        "find": {"path": "/z", "name": {"regexp": "a"}},
                        "rewrite": [{"regexp": {"source": "^/z/dev/(.*)", "target": "DEV_$1"}}],
                    }
                ]
            },
            {"DEV_a": "1"},
            id="rewritten by a pattern",
        ),
        pytest.param(
            {"dataFrom": [{"extract": {"key": "/json"}, "rewrite": [{"transform": {"template": UPPER}}]}]},
            {"A_B": "x"},
            id="rewritten by a template",
        ),
        pytest.param({"dataFrom": [{"extract": {"key": "/json"}}]}, {"a_b": "x"}, id="converted"),
        pytest.param(
            {"dataFrom": [{"extract": {"key": "/json", "conversionStrategy": "Unicode"}}]},
            {"a_U0020_b": "x"},
            id="converted to code points",
        ),
        pytest.param(one("/encoded", decodingStrategy="Auto"), {"K": "x"}, id="decoded"),
        pytest.param(one("/z/dev/b", metadataPolicy="Fetch", property="team"), {"K": "core"}, id="a tag"),
    ],
)  # fmt: skip
async def test_values_come_under_the_keys_that_were_asked_for(spec: Object, expected: dict[str, str]) -> None:
    assert (await fetch(spec, STORE, Dialect())).values == expected


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        (one("/gone"), r"error processing spec.data\[0\] \(key: /gone\), err: Secret does not exist"),
        ({"dataFrom": [{"find": {}}]}, r"spec.dataFrom\[0\].find, err: unexpected find operator"),
        ({"dataFrom": [{"sourceRef": {}}]}, "generators are not served here"),
        (
            {"dataFrom": [{"extract": {"key": "/json"}, "rewrite": [{"merge": {}}]}]},
            "rewrite merge is not served",
        ),
        (
            one("/other", decodingStrategy="Base64"),
            r"err: could not apply decoding strategy to spec.data\[0\]: illegal base64 data at input byte 0",
        ),
    ],
)
async def test_what_cannot_be_had_is_named_by_its_entry(spec: Object, cause: str) -> None:
    with pytest.raises(DataError, match=cause):
        await fetch(spec, STORE, Dialect())


async def test_an_older_operator_words_it_as_it_did() -> None:
    with pytest.raises(DataError, match=r"error retrieving secret at .data\[0\], key: /gone, err: Secret"):
        await fetch(one("/gone"), STORE, Dialect(OLD))


async def test_what_is_missing_is_no_failure_where_the_secret_is_not_retained() -> None:
    spec = {
        **one("/gone"),
        "dataFrom": [{"extract": {"key": "/gone"}}],
        "target": {"deletionPolicy": "Delete"},
    }
    fetched = await fetch(spec, STORE, Dialect())
    assert (fetched.values, len(fetched.missing)) == ({}, 2)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([], True),
        ([{"namespaces": ["a", "n"]}], True),
        ([{"namespaces": ["a"]}, {"namespaceRegexes": ["^n"]}], True),
        ([{"namespaceSelector": {"matchLabels": {"tenant": "one"}}}], True),
        ([{"namespaceSelector": {"matchLabels": {"tenant": "two"}}}], False),
        ([{"namespaces": ["a"]}], False),
    ],
)
def test_a_cluster_store_serves_the_namespaces_it_names(conditions: list[Object], expected: bool) -> None:
    namespace = {"metadata": {"name": "n", "labels": {"tenant": "one"}}}
    assert serves({"spec": {"conditions": conditions}}, namespace) is expected

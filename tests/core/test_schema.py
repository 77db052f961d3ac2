"""The published JSON Schema says of every document what reading it says."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.documents import from_plain
from portal.core.spec import json_schema, parse_services
from portal.errors import SpecError
from tests.core.specs import IDENTITY

PUBLISHED = Path(__file__).parents[2] / "manifests" / "schema" / "service.schema.json"
VALIDATOR = jsonschema_rs.Draft202012Validator(json_schema())
PATHS: tuple[tuple[str, ...], ...] = (
    *((name,) for name in ("apiVersion", "kind", "metadata", "spec", "extra")),
    *(("metadata", name) for name in ("name", "team", "extra")),
    *(("spec", name) for name in (*IDENTITY["spec"], "extra")),
    *(("spec", "database", name) for name in ("pooled", "name", "extra")),
    *(("spec", "cache", name) for name in ("name", "size", "storageGB", "extra")),
    ("spec", "jwt", "algorithm"),
    *(("spec", "storage", name) for name in ("provider", "bucket")),
    *(("spec", "environments", name) for name in ("dev", "prod", "production", "qa")),
    *(("spec", "environments", "dev", name) for name in ("replicas", "image", "database", "storage", "port")),
    *(("spec", "environments", "dev", "database", name) for name in ("pooled", "name")),
    ("spec", "environments", "dev", "storage", "bucket"),
)
WORDS = st.sampled_from(
    (
        *(
            "",
            "a",
            "ab",
            "default",
            "kube-system",
            "platform",
            "yes",
            "true",
            "EdDSA",
            "s3",
            "hetzner",
            "neon",
        ),
        *(
            "identity",
            "a-",
            "-a",
            "A",
            "a.b",
            "a_b",
            "xn--a",
            "abc-s3alias",
            "abc--ol-s3",
            "postgres",
            "abc\n",
        ),
        *("repo/name:1.0", "repo/name", "repo:tag@sha256:" + "a" * 64, "medium", "database_url", "a" * 64),
    )
)
NAMES = st.from_regex(r"[a-z0-9_.-]{1,70}", fullmatch=True)
SCALARS = st.one_of(WORDS, NAMES, st.integers(-1, 70000), st.booleans(), st.none())
VALUES: st.SearchStrategy[Any] = st.one_of(
    SCALARS,
    st.lists(st.one_of(WORDS, NAMES), max_size=3),
    st.just({}),
    st.dictionaries(st.sampled_from(("name", "pooled", "bucket", "size", "replicas")), SCALARS, max_size=2),
)


def _changed(document: dict[str, Any], path: tuple[str, ...], value: Any, *, gone: bool) -> None:
    at: Any = document
    for step in path[:-1]:
        at = at.get(step) if isinstance(at, dict) else None
    if not isinstance(at, dict):
        return
    if gone:
        at.pop(path[-1], None)
    else:
        at[path[-1]] = value


def _faults(document: dict[str, Any]) -> list[str]:
    try:
        parse_services([from_plain(document)])
    except SpecError as error:
        return [fault.message for fault in error.faults]
    return []


@given(st.lists(st.tuples(st.sampled_from(PATHS), VALUES, st.booleans()), min_size=1, max_size=3))
def test_schema_and_reader_agree(changes: list[tuple[tuple[str, ...], Any, bool]]) -> None:
    document = copy.deepcopy(IDENTITY)
    for path, value, gone in changes:
        _changed(document, path, copy.deepcopy(value), gone=gone)
    faults = _faults(document)
    if any("looks like" in fault for fault in faults):
        return
    assert VALIDATOR.is_valid(document) == (not faults), faults


def test_the_published_schema_is_the_one_of_the_reader() -> None:
    told = json.loads(PUBLISHED.read_text())
    assert told == json_schema(), "portal spec schema -o json > manifests/schema/service.schema.json"


def test_every_field_an_editor_shows_has_a_description() -> None:
    def fields(schema: Any) -> list[str]:
        below = [schema, *schema.get("anyOf", [])]
        found = [(name, each) for part in below for name, each in part.get("properties", {}).items()]
        return [
            *(name for name, each in found if not {"description", "const", "enum", "properties"} & set(each)),
            *(name for _, each in found for name in fields(each)),
        ]

    assert [
        name for name in fields(json_schema()) if name not in {"dev", "staging", "prod", "production"}
    ] == []


@pytest.mark.parametrize("path", sorted(PUBLISHED.parents[1].glob("examples/*.yaml")), ids=lambda p: p.stem)
def test_editors_find_the_schema_of_each_example(path: Path) -> None:
    first = path.read_text().splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.partition("=")[2]).resolve() == PUBLISHED

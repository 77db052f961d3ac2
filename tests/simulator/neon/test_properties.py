"""Rules that hold for every name and every page."""

import string
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.neon import names, pages
from simulator.neon.fields import Fields, wrapped
from simulator.neon.moments import moment
from simulator.neon.refusals import Invalid

anything = st.text(max_size=80)
usual = st.text(string.ascii_lowercase + string.digits + "_-", min_size=1, max_size=63)


def _accepted(check: object, *arguments: str) -> bool:
    try:
        check(*arguments)  # type: ignore[operator]
    except Invalid:
        return False
    return True


@given(anything)
def test_a_role_name_is_refused_exactly_where_the_rule_says_so(name: str) -> None:
    reserved = name in {"neon_superuser", "cloud_admin", "zenith_admin", "public", "none"}
    fits = 1 <= len(name.encode(errors="surrogatepass")) <= 63
    control = any(ord(character) < 32 or ord(character) == 127 for character in name)
    expected = fits and not control and not reserved and not name.startswith("pg_")
    assert _accepted(names.role_name, name) is expected


@given(usual)
def test_names_services_use_are_taken(name: str) -> None:
    if not name.startswith("pg_") and name not in {"public", "none"}:
        assert names.role_name(name) == name
    if name not in {"postgres", "template0", "template1"}:
        assert names.database_name(name) == name


@given(anything, st.integers(1, 64))
def test_a_title_has_a_length(name: str, longest: int) -> None:
    assert _accepted(names.titled(longest), "name", name) is (1 <= len(name) <= longest)


@given(st.emails())
def test_addresses_of_people_are_taken(address: str) -> None:
    plain = all(character in string.ascii_letters + string.digits + "@.+-_" for character in address)
    if plain and address.partition("@")[2].replace("-", "").replace(".", "").isalnum():
        assert names.email(256)("email", address) == address


@given(anything)
def test_what_is_no_address_is_not_taken(text: str) -> None:
    if "@" not in text or " " in text:
        assert not _accepted(names.email(256), "email", text)


@given(st.datetimes(timezones=st.timezones(), allow_imaginary=False))
def test_a_moment_survives_being_written(at: object) -> None:
    text = at.isoformat()  # type: ignore[attr-defined]
    try:
        assert moment("at", text) == at
    except Invalid:
        assert text.startswith(("0001", "9999")) or (text[-3] == ":" and text.count(":") > 3)


@given(anything)
def test_what_is_no_moment_is_refused_in_words(text: str) -> None:
    if not any(character.isdigit() for character in text):
        with pytest.raises(Invalid, match="date-time"):
            moment("at", text)


def _every_page(items: Sequence[str], size: int) -> list[Sequence[str]]:
    found: list[Sequence[str]] = []
    cursor: str | None = None
    while True:
        part, last = pages.page(items, lambda item: item, cursor, size)
        if not part:
            return found
        found.append(part)
        cursor = last


@given(st.lists(st.text(min_size=1, max_size=5), unique=True, max_size=40), st.integers(1, 12))
def test_pages_together_are_the_whole_and_none_is_too_long(items: list[str], size: int) -> None:
    found = _every_page(items, size)
    assert [item for page in found for item in page] == items
    assert all(len(page) == size for page in found[:-1])


@given(st.lists(st.text(min_size=1, max_size=5), unique=True, max_size=10), anything)
def test_a_cursor_nobody_gave_out_is_refused(items: list[str], cursor: str) -> None:
    if cursor and cursor not in items:
        with pytest.raises(Invalid):
            pages.page(items, lambda item: item, cursor, 5)


@given(anything)
def test_a_limit_is_a_number_within_its_bounds(text: str) -> None:
    good = text.isascii() and text.isdigit() and 1 <= int(text) <= 100
    assert _accepted(lambda: pages.limit({"limit": text}, 10, 100)) is good


@given(st.binary(max_size=200))
def test_any_bytes_are_a_body_or_refused(raw: bytes) -> None:
    try:
        found = wrapped(raw, "application/json", "role", Fields({"name": str}))
    except Invalid:
        return
    assert isinstance(found, dict)

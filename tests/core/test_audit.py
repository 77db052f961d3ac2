"""The chain: whatever is changed in it shows."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.audit import (
    NO_HEAD,
    AuditEntry,
    AuditEvent,
    Head,
    NewerFormat,
    Outcome,
    decode,
    encode,
    follow,
    verified,
)

TEXT = st.text(max_size=12)
EVENTS = st.builds(
    AuditEvent,
    at=TEXT,
    run=TEXT,
    tenant=TEXT,
    action=TEXT,
    target=TEXT,
    outcome=st.sampled_from(Outcome),
    version=st.integers(0, 10**6),
    reason=TEXT,
)
CHAINS = st.lists(EVENTS, min_size=1, max_size=6)


def chain(events: Sequence[AuditEvent]) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for event in events:
        entries.append(follow(entries[-1] if entries else None, event, "somebody@here"))
    return entries


def other(event: AuditEvent) -> AuditEvent:
    return replace(event, reason=event.reason + "!")


def head(entries: Sequence[AuditEntry]) -> Head:
    return Head(entries[-1].number, entries[-1].hash)


@given(CHAINS, st.data())
def test_a_whole_chain_is_read_back_with_its_head_or_one_that_lags(
    events: list[AuditEvent], data: st.DataObject
) -> None:
    entries = chain(events)
    lagging = data.draw(st.sampled_from([NO_HEAD, *(head(entries[: n + 1]) for n in range(len(entries)))]))
    found = verified([encode(entry) for entry in entries], lagging)
    assert list(found) == entries
    assert all(encode(entry).isascii() and "\n" not in encode(entry) for entry in entries)


@given(CHAINS, st.data())
def test_a_line_that_was_changed_in_any_field_is_found(events: list[AuditEvent], data: st.DataObject) -> None:
    entries = chain(events)
    lines = [encode(entry) for entry in entries]
    at = data.draw(st.integers(0, len(lines) - 1))
    document = json.loads(lines[at])
    field = data.draw(st.sampled_from(sorted(document.keys() - {"v", "outcome"})))
    document[field] = document[field] + (1 if isinstance(document[field], int) else "x")
    lines[at] = json.dumps(document, sort_keys=True, separators=(",", ":"))
    with pytest.raises(ValueError, match=f"^line {at + 1} was edited"):
        verified(lines, head(entries))


@given(CHAINS, st.data())
def test_a_line_that_is_missing_moved_or_cut_off_is_found(
    events: list[AuditEvent], data: st.DataObject
) -> None:
    entries = chain(events)
    lines = [encode(entry) for entry in entries]
    less = lines[:-1]
    with pytest.raises(ValueError, match="cut off"):
        verified(less, head(entries))
    at = data.draw(st.integers(0, len(lines) - 1))
    with pytest.raises(ValueError, match=r"does not follow|cut off"):
        verified(lines[:at] + lines[at + 1 :], head(entries))
    with pytest.raises(ValueError, match="does not follow"):
        verified([*lines[:at], lines[at], *lines[at:]], head(entries))


@given(CHAINS)
def test_a_chain_that_was_written_anew_does_not_fit_its_head(events: list[AuditEvent]) -> None:
    entries = chain(events)
    forged = [encode(entry) for entry in chain([*events[:-1], other(events[-1])])]
    with pytest.raises(ValueError, match="not the one that was written"):
        verified(forged, head(entries))
    longer = [encode(entry) for entry in chain([other(events[0]), *events])]
    with pytest.raises(ValueError, match="not the one that was written"):
        verified(longer, head(entries))
    with pytest.raises(ValueError, match="its head is gone"):
        verified(forged, None)


def test_no_line_and_no_head_is_an_empty_trail() -> None:
    assert verified([], None) == ()
    assert verified([], NO_HEAD) == ()


@pytest.mark.parametrize(
    "line",
    ["", "x", "[]", "{}", '{"v":1}', "1", "null", '{"v":"1"}', '{"v":1,"at":1}', '{"v":true}', "\x00"],
)
def test_what_is_no_line_of_a_trail_is_damaged(line: str) -> None:
    with pytest.raises(ValueError, match="is damaged"):
        decode(line)


@given(EVENTS)
def test_a_true_where_a_number_belongs_and_an_unknown_field_are_not_let_through(event: AuditEvent) -> None:
    (entry,) = chain([event])
    document = json.loads(encode(entry))
    for change in ({"number": True}, {"more": "x"}, {"outcome": "maybe"}):
        with pytest.raises(ValueError, match=r"damaged|edited"):
            decode(json.dumps({**document, **change}, sort_keys=True, separators=(",", ":")))


def test_a_line_of_a_newer_portal_is_told_apart_from_damage() -> None:
    with pytest.raises(NewerFormat, match=r"line 1 was written by a newer portal \(format 2"):
        verified(['{"v":2,"anything":"else"}'], NO_HEAD)
